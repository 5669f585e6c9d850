package capped_test

import (
	"errors"
	"io"
	"testing"

	"github.com/pacific-aci/pacific/internal/capped"
)

func TestBuffer(t *testing.T) {
	b := capped.NewBuffer(4)
	for _, step := range []struct {
		text, want string
		err        error
		over       bool
	}{
		{"ab", "ab", nil, false},
		{"cd", "abcd", nil, false},
		{"e", "abcd", io.ErrShortWrite, true},
		{"", "abcd", nil, true},
	} {
		n, err := b.Write([]byte(step.text))
		if !errors.Is(err, step.err) || err == nil && n != len(step.text) || string(b.Bytes()) != step.want || b.Over() != step.over {
			t.Errorf("after %q: %d, %v; it has %q, over %t; want %q, over %t, %v", step.text, n, err, b.Bytes(), b.Over(), step.want, step.over, step.err)
		}
	}
}
