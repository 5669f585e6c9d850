package demo

import (
	"context"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// deployArgs register the flow. ids is the resource id of an identity without its name. program is this program's file, and
// command how a container that is a process calls it.
func (s *story) deployArgs(ids, program, command string) []string {
	args := []string{"deploy", program}
	if s.python {
		args = []string{"deploy", codeEntrypoint, "--storage", s.storage}
	}
	args = append(args, "--name", s.names.pool, "--pool", s.names.pool, "--tag", names.pool)
	if s.server {
		args = append(args, "--param", "block="+s.names.vaultBlock)
	}
	vault, pull := ids+"/"+names.vaultIdentity, ids+"/"+names.pullIdentity
	switch {
	case s.image != "":
		args = append(args, "--image", s.image, "--param", "identity="+vault, "--job-variable", `identities=["`+vault+`","`+pull+`"]`)
	case s.python:
		// The container is a process: nothing is pulled, and no image has an entrypoint.
		args = append(args, "--job-variable", "image_registry=null", "--job-variable", "entrypoint=null", "--job-variable", `identities=["`+vault+`"]`)
	default:
		args = append(args, "--job-variable", "command="+command+" demo flow", "--job-variable", "image_registry=null", "--job-variable", `identities=["`+vault+`"]`)
	}
	args = append(args, "--job-variable", "keep_container_group=true") // to be looked at
	if s.python {
		return args
	}
	return append(args, "--", "demo", "flow")
}

// deploy registers the flow.
func (s *story) deploy(ctx context.Context) (string, error) {
	program, err := s.programFile()
	if err != nil {
		return "", err
	}
	command, err := s.program()
	if err != nil {
		return "", err
	}
	c := &call{args: s.deployArgs(s.identities, program, cmdutil.ShellWord(command))}
	if s.python {
		c.dir = path.Join(codeFolder, "python")
	}
	if s.command(ctx, c); c.code != cmdutil.ExitOK {
		return "", c.failed(ctx)
	}
	return "deployment " + s.deploymentName(), nil
}

// deployShell is deploy by hand.
func (s *story) deployShell() []string {
	group, kind, _ := strings.Cut(s.identities, "/providers/")
	_, group, _ = strings.Cut(strings.TrimPrefix(group, "/subscriptions/"), "/")
	line := "pacific"
	for _, word := range s.deployArgs("$IDS", "$(command -v pacific)", programName) {
		line += " " + shellWord(word)
	}
	if s.python {
		line = "(cd " + codeFolder + "/python && " + line + ")" // in a shell of its own, for the folder
	}
	return []string{"IDS=/subscriptions/$AZURE_SUBSCRIPTION_ID/" + group, "IDS=$IDS/providers/" + kind, line}
}

// shellWord quotes a word so that a shell puts in what its variables and commands stand for.
func shellWord(word string) string {
	if !strings.Contains(word, "$") {
		return cmdutil.ShellWord(word)
	}
	return `"` + strings.ReplaceAll(word, `"`, `\"`) + `"`
}

// programFile is this program as a file named pacific, as people have it.
func (p *place) programFile() (string, error) {
	self, err := os.Executable()
	if err != nil || strings.TrimSuffix(filepath.Base(self), ".exe") == programName {
		return self, err
	}
	named := filepath.Join(p.folder, programName)
	if _, err := os.Lstat(named); err == nil {
		return named, nil
	}
	if err := os.Symlink(self, named); err != nil {
		return "", fmt.Errorf("naming this program %s: %w", programName, err)
	}
	return named, nil
}
