package aci

import "testing"

// TestNextSize: buffers grow to the largest piece while the stream is busy, and become small again when it is not.
func TestNextSize(t *testing.T) {
	size := smallChunk
	for range 10 {
		size = nextSize(size, size)
	}
	if size != chunkSize {
		t.Errorf("after full pieces the size is %d, want %d", size, chunkSize)
	}
	if got := nextSize(chunkSize/2, chunkSize); got != chunkSize {
		t.Errorf("after half a piece the size is %d, want %d", got, chunkSize)
	}
	for range 10 {
		size = nextSize(80, size)
	}
	if size != smallChunk {
		t.Errorf("after small pieces the size is %d, want %d", size, smallChunk)
	}
}
