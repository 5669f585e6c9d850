package docker

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// pauseCode is a program that waits for ever, as machine code for Linux. A group's network needs a process that
// owns it; these few bytes are that process, so that no image must be had from anywhere and it does not matter
// what kind of binary we are ourselves.
var pauseCode = map[string]struct {
	machine uint16 // ELF's number of the architecture
	code    []byte
}{
	"amd64": {62, []byte{
		0xb8, 0x22, 0x00, 0x00, 0x00, // mov eax, 34 (pause)
		0x0f, 0x05, // syscall
		0xeb, 0xf7, // again
	}},
	"arm64": {183, words(
		0xd2800000, // mov x0, 0: no files
		0xd2800001, // mov x1, 0
		0xd2800002, // mov x2, 0: no timeout
		0xd2800003, // mov x3, 0
		0xd2800004, // mov x4, 0
		0xd2800928, // mov x8, 73 (ppoll)
		0xd4000001, // svc 0
		0x17fffff9, // again
	)},
}

func words(list ...uint32) (code []byte) {
	for _, w := range list {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	return code
}

// pauseProgram is a whole ELF executable around the code: a file header, one program header, the code.
func pauseProgram(arch string) ([]byte, error) {
	p, ok := pauseCode[arch]
	if !ok {
		return nil, fmt.Errorf("there is no pause program for %s: use the host network, without secret volumes", arch)
	}
	const headers, address = 64 + 56, 0x400000
	size := uint64(headers + len(p.code))
	var b bytes.Buffer
	b.WriteString("\x7fELF\x02\x01\x01") // 64 bits, little-endian, version 1
	b.Write(make([]byte, 9))
	for _, field := range []any{
		uint16(2), p.machine, uint32(1), // executable
		uint64(address + headers), uint64(64), uint64(0), // entry, program headers, no sections
		uint32(0), uint16(64), uint16(56), uint16(1), uint16(64), uint16(0), uint16(0),
		uint32(1), uint32(5), // load, readable and executable
		uint64(0), uint64(address), uint64(address), size, size, uint64(0x1000),
	} {
		_ = binary.Write(&b, binary.LittleEndian, field) // to memory: it cannot fail
	}
	b.Write(p.code)
	return b.Bytes(), nil
}

// pauseImage is an image with that one program.
func pauseImage(arch string) (v1.Image, error) {
	program, err := pauseProgram(arch)
	if err != nil {
		return nil, err
	}
	files, err := archive(map[string][]byte{"pause": program}, 0o755)
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(files)), nil })
	if err != nil {
		return nil, err
	}
	image, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", arch
	config.Config.Entrypoint = []string{"/pause"}
	return mutate.ConfigFile(image, config)
}

// archive is files as a tar, with the folders that they need.
func archive(files map[string][]byte, mode int64) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for name, content := range files {
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(content)), Typeflag: tar.TypeReg}); err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// pause gives the daemon the pause image, once, and tells its tag.
func (e *Engine) pause(ctx context.Context) (string, error) {
	tag := "localhost/pacific/pause:" + ownerHash(e.owner)
	e.pulls.Lock()
	defer e.pulls.Unlock()
	if e.has(ctx, tag) {
		return tag, nil
	}
	image, err := pauseImage(e.daemon.arch)
	if err != nil {
		return "", err
	}
	return tag, e.load(ctx, tag, image)
}
