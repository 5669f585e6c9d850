package image

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
)

// ProgramError says why a file cannot be the program of an image.
type ProgramError struct {
	// Path is the file.
	Path string
	// Reason completes "FILE …", such as is for arm64, not for amd64.
	Reason string
	// Advice says what to do; empty for nothing.
	Advice string
}

// Error names the file and the reason.
func (e *ProgramError) Error() string { return e.Path + " " + e.Reason }

// Hint says how to make a program that can.
func (e *ProgramError) Hint() string { return e.Advice }

const crossCompile = "a Go program is built for it with GOOS=linux GOARCH=amd64 CGO_ENABLED=0"

// checkProgram refuses what does not run on Linux and amd64, and without a base what is not static.
func checkProgram(file string, hasBase bool) error {
	head, err := firstBytes(file, 4)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if !bytes.HasPrefix(head, []byte(elf.ELFMAG)) {
		return &ProgramError{file, "is " + formatOf(head) + ", not a program for Linux", crossCompile}
	}
	f, err := elf.Open(file)
	if err != nil {
		return &ProgramError{file, "is damaged: " + err.Error(), ""}
	}
	defer f.Close()
	switch {
	case f.Machine != elf.EM_X86_64 || f.Class != elf.ELFCLASS64:
		return &ProgramError{file, fmt.Sprintf("is for %s, not for amd64", machineName(f.Machine)), crossCompile}
	case f.Type != elf.ET_EXEC && f.Type != elf.ET_DYN:
		return &ProgramError{file, "is an object file, not an executable", ""}
	case !hasBase && interpreterOf(f) != "":
		return &ProgramError{file, "is linked dynamically: it needs " + interpreterOf(f) + " and libraries, which an image without a base does not have",
			"link it statically (Go: CGO_ENABLED=0), or build on a base image that has them"}
	}
	return nil
}

// interpreterOf is the loader that a program asks for; empty for a static one.
func interpreterOf(f *elf.File) string {
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP && p.Filesz < 4096 {
			text := make([]byte, p.Filesz)
			if _, err := p.ReadAt(text, 0); err == nil {
				return string(bytes.TrimRight(text, "\x00"))
			}
		}
	}
	return ""
}

// machineName is a processor as GOARCH has it, where it has it.
func machineName(m elf.Machine) string {
	switch m {
	case elf.EM_AARCH64:
		return "arm64"
	case elf.EM_ARM:
		return "arm"
	case elf.EM_386:
		return "386"
	case elf.EM_X86_64:
		return "amd64"
	}
	return m.String()
}

// formatOf names what a file is by its first bytes.
func formatOf(head []byte) string {
	for magic, name := range map[string]string{
		"\xcf\xfa\xed\xfe": "a program for macOS", "\xca\xfe\xba\xbe": "a program for macOS",
		"MZ": "a program for Windows", "#!": "a script", "!<ar": "a library", "PK\x03\x04": "a zip archive", "\x1f\x8b": "a gzip file",
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return name
		}
	}
	if len(head) == 0 {
		return "empty"
	}
	return "a file of another kind"
}
