package image

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// examiner checks what a container of an image would begin with.
type examiner struct {
	*Report
	tree     *tree
	config   v1.Config
	uid, gid int
}

// inits are programs for a container's first process.
var inits = []string{"tini", "tini-static", "dumb-init", "docker-init", "catatonit"}

// afterInit is the command that an init runs; nil if argv begins with none. Pacific is one by its first argument.
func afterInit(argv []string) []string {
	base := path.Base(argv[0])
	ours := base == "pacific" && len(argv) > 1 && argv[1] == "init"
	if !ours && !slices.Contains(inits, base) {
		return nil
	}
	rest := argv[1:]
	if dashes := slices.Index(rest, "--"); dashes >= 0 {
		return rest[dashes+1:]
	}
	for len(rest) > 0 && strings.HasPrefix(rest[0], "-") {
		if slices.Contains([]string{"-p", "-e", "-r", "--rewrite"}, rest[0]) && len(rest) > 1 {
			rest = rest[1:] // its value
		}
		rest = rest[1:]
	}
	return rest
}

// checkEntryPoint checks the program that the image begins with, and what it runs if it is an init.
func (e *examiner) checkEntryPoint() {
	argv := slices.Concat(e.config.Entrypoint, e.config.Cmd)
	if len(argv) == 0 {
		e.add("entry point", SeverityWarning, "the image has none: its jobs must give a command", "set ENTRYPOINT or CMD")
		return
	}
	const replaced = "; a job's own command replaces the entry point, so it must begin with the init too"
	first, init := argv[0], false
	for len(argv) > 0 {
		rest := afterInit(argv)
		problem := e.runs(argv[0], "", 0)
		if problem != nil {
			e.add("entry point", SeverityError, problem.text, problem.advice)
			return
		}
		if rest == nil {
			break
		}
		init, argv = true, rest
	}
	e.add("entry point", SeverityOK, strings.Join(slices.Concat(e.config.Entrypoint, e.config.Cmd), " "), "")
	n, _ := e.lookUp(first)
	switch {
	case init:
		e.add("init", SeverityOK, path.Base(first)+" is the first process", "")
	case isGo(n.head):
		e.add("init", SeverityOK, "none; a program in Go ends on signals without", "")
	default:
		e.add("init", SeverityWarning, path.Base(first)+" is the first process: it may ignore SIGTERM, and leaves zombies", "begin the entry point with tini or another init"+replaced)
	}
}

// problem is why a program does not run.
type problem struct{ text, advice string }

// lookUp finds a program as a container does: by its path, or in the folders of PATH.
func (e *examiner) lookUp(name string) (*node, string) {
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join("/", e.config.WorkingDir, name)
		}
		n, _ := e.tree.find(name)
		return n, name
	}
	folders := searchPath
	for _, variable := range e.config.Env {
		if value, ok := strings.CutPrefix(variable, "PATH="); ok {
			folders = value
		}
	}
	for folder := range strings.SplitSeq(folders, ":") {
		if n, _ := e.tree.find(path.Join(folder, name)); n != nil && n.kind == tar.TypeReg && n.mode&0o111 != 0 {
			return n, path.Join(folder, name)
		}
	}
	return nil, name
}

// runs says why a program does not run; nil if it does. by is the script whose interpreter it is, empty for the entry point.
func (e *examiner) runs(name, by string, depth int) *problem {
	n, at := e.lookUp(name)
	needed := at
	if by != "" {
		needed = fmt.Sprintf("%s, which %s needs,", at, by)
	}
	switch {
	case n == nil && strings.Contains(name, "/"):
		return &problem{needed + " is not in the image", "copy it into the image, or correct the entry point"}
	case n == nil:
		return &problem{needed + " is in no folder of PATH", "install it, or give its whole path"}
	case n.kind != tar.TypeReg:
		return &problem{needed + " is not a file", "correct the entry point"}
	case n.mode&0o111 == 0:
		return &problem{needed + " is not executable", "set its mode with chmod +x"}
	case !e.may(n):
		return &problem{fmt.Sprintf("%s may not be run by user %s", needed, e.config.User), "set its mode with chmod a+rx"}
	case bytes.HasPrefix(n.head, []byte(elf.ELFMAG)):
		return e.binaryRuns(needed, n.head)
	case !bytes.HasPrefix(n.head, []byte("#!")):
		return &problem{needed + " is neither a program nor a script that names its interpreter", "begin a script with a line such as #!/bin/sh"}
	case depth > 3:
		return nil
	}
	return e.scriptRuns(at, n.head, depth)
}

// may reports whether the image's user may execute a file.
func (e *examiner) may(n *node) bool {
	switch {
	case e.uid == 0:
		return true
	case e.uid == n.uid:
		return n.mode&0o100 != 0
	case e.gid == n.gid:
		return n.mode&0o010 != 0
	}
	return n.mode&0o001 != 0
}

// binaryRuns checks the headers of a program.
func (e *examiner) binaryRuns(name string, head []byte) *problem {
	f, err := elf.NewFile(withoutSections(head))
	if err != nil {
		return &problem{name + " is damaged: " + err.Error(), "build it again"}
	}
	if f.Machine != elf.EM_X86_64 {
		return &problem{fmt.Sprintf("%s is for %s, not for amd64", name, machineName(f.Machine)), "build it for " + platform.String()}
	}
	if loader := interpreterOf(f); loader != "" {
		if n, _ := e.tree.find(loader); n == nil {
			return &problem{fmt.Sprintf("%s needs the loader %s, which the image does not have", name, loader), "link it statically, or use a base image with the C library that it was linked for"}
		}
	}
	return nil
}

// withoutSections is a program's head whose header names no sections: those are at its end.
func withoutSections(head []byte) *bytes.Reader {
	const shoff, shentsize, size = 40, 58, 64 // of Elf64_Ehdr; e_shentsize, e_shnum and e_shstrndx follow each other
	head = bytes.Clone(head)
	if len(head) >= size && head[elf.EI_CLASS] == byte(elf.ELFCLASS64) {
		clear(head[shoff : shoff+8])
		clear(head[shentsize:size])
	}
	return bytes.NewReader(head)
}

// isGo reports whether a program's head has the note that Go's linker writes.
func isGo(head []byte) bool { return bytes.Contains(head, []byte("\x04\x00\x00\x00Go\x00\x00")) }

// scriptRuns checks a script's first line.
func (e *examiner) scriptRuns(name string, head []byte, depth int) *problem {
	first, _, _ := bytes.Cut(head, []byte("\n"))
	words := strings.Fields(string(first[2:]))
	switch {
	case bytes.HasSuffix(first, []byte("\r")):
		return &problem{name + " has Windows line ends, so that its interpreter is not found", "save it with LF alone; in git, with the attribute eol=lf"}
	case len(words) == 0:
		return &problem{name + " names no interpreter behind #!", "begin it with a line such as #!/bin/sh"}
	}
	if problem := e.runs(words[0], name, depth+1); problem != nil || path.Base(words[0]) != "env" {
		return problem
	}
	for _, word := range words[1:] {
		if !strings.HasPrefix(word, "-") && !strings.Contains(word, "=") {
			return e.runs(word, name, depth+1)
		}
	}
	return nil
}

// checkUser finds the user's number.
func (e *examiner) checkUser() {
	user, group, _ := strings.Cut(e.config.User, ":")
	if user == "" {
		e.add("user", SeverityOK, "root", "")
		return
	}
	var known, knownGroup bool
	e.uid, e.gid, known = e.idOf("/etc/passwd", user)
	if group != "" {
		e.gid, _, knownGroup = e.idOf("/etc/group", group)
	}
	switch {
	case !known:
		e.add("user", SeverityError, fmt.Sprintf("user %s is not in /etc/passwd", user), "create it in the image, or give its number")
	case group != "" && !knownGroup:
		e.add("user", SeverityError, fmt.Sprintf("group %s is not in /etc/group", group), "create it in the image, or give its number")
	default:
		e.add("user", SeverityOK, e.config.User, "")
	}
}

// idOf finds a name, or a number, in the file of users or groups. A number need not be there.
func (e *examiner) idOf(file, name string) (id, group int, ok bool) {
	number, err := strconv.Atoi(name)
	ok = err == nil
	if n, _ := e.tree.find(file); n != nil {
		for line := range strings.Lines(string(n.head)) {
			fields := strings.Split(strings.TrimSpace(line), ":")
			if len(fields) >= 3 && (fields[0] == name || ok && fields[2] == name) {
				id, err = strconv.Atoi(fields[2])
				if len(fields) > 3 {
					group, _ = strconv.Atoi(fields[3])
				}
				return id, group, err == nil
			}
		}
	}
	return number, 0, ok
}
