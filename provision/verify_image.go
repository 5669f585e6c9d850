package provision

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// probePath is where the program is in the image.
const probePath = "/pacific-verify"

// probeCode is the whole program: it asks Linux to end it with exit code 0. The numbers are those of the x86-64 system call
// interface (the kernel's arch/x86/entry/syscalls/syscall_64.tbl: 60 is exit; the first argument is in edi).
var probeCode = []byte{
	0x31, 0xff, // xor edi, edi
	0xb8, 60, 0, 0, 0, // mov eax, 60
	0x0f, 0x05, // syscall
}

// probeBase is where Linux puts the program, which is one segment with the file's headers in front.
const probeBase = 0x400000

// probeProgram is a static program for linux/amd64 of 129 bytes, in the form of the ELF specification: a file header, one
// program header and the code.
func probeProgram() []byte {
	const headers = 64 + 56 // of elf.Header64 and elf.Prog64
	size := uint64(headers + len(probeCode))
	header := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{
			0: 0x7f, 1: 'E', 2: 'L', 3: 'F',
			elf.EI_CLASS: byte(elf.ELFCLASS64), elf.EI_DATA: byte(elf.ELFDATA2LSB), elf.EI_VERSION: byte(elf.EV_CURRENT),
		},
		Type: uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: uint32(elf.EV_CURRENT),
		Entry: probeBase + headers, Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	segment := elf.Prog64{
		Type: uint32(elf.PT_LOAD), Flags: uint32(elf.PF_R | elf.PF_X), Vaddr: probeBase, Paddr: probeBase,
		Filesz: size, Memsz: size, Align: 0x1000,
	}
	var program bytes.Buffer
	for _, part := range []any{header, segment, probeCode} {
		binary.Write(&program, binary.LittleEndian, part) // neither a buffer nor these types fail
	}
	return program.Bytes()
}

// probeImage is an image with nothing but the program. It is the same at each call, so that a registry keeps it once.
func probeImage() (v1.Image, error) {
	program := probeProgram()
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	err := w.WriteHeader(&tar.Header{Name: probePath[1:], Mode: 0o755, Size: int64(len(program)), ModTime: time.Unix(0, 0)})
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("making the image to verify with: %w", err)
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil })
	if err != nil {
		return nil, fmt.Errorf("making the image to verify with: %w", err)
	}
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{
		Architecture: "amd64", OS: "linux", RootFS: v1.RootFS{Type: "layers"},
		Config: v1.Config{Entrypoint: []string{probePath}},
	})
	if err == nil {
		image, err = mutate.AppendLayers(image, layer)
	}
	if err != nil {
		return nil, fmt.Errorf("making the image to verify with: %w", err)
	}
	return image, nil
}
