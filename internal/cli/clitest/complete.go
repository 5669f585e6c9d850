package clitest

import (
	"strings"

	"github.com/google/go-cmp/cmp"
)

// What a shell does besides offering the words, in cobra's numbers: it offers
// files too, or offers none, and then may add no space either.
const (
	Files           = ":0"
	NoFiles         = ":4"
	NoFilesNorSpace = ":6"
)

// Complete asks what a shell asks when Tab is pressed at the end of a command line.
func (h *Harness) Complete(line ...string) (words []string, directive string) {
	h.T.Helper()
	r := h.Must(append([]string{"__completeNoDesc"}, line...)...)
	if lines := strings.Split(strings.TrimSpace(r.Stderr), "\n"); len(lines) != 1 || !strings.HasPrefix(lines[0], "Completion ended with") {
		h.T.Errorf("%v: a shell would show\n%s", line, r.Stderr)
	}
	words = strings.Fields(r.Stdout)
	return words[:len(words)-1], words[len(words)-1]
}

// WantsCompletion compares the words and what the shell does besides.
func (h *Harness) WantsCompletion(directive, words string, line ...string) {
	h.T.Helper()
	got, did := h.Complete(line...)
	if diff := cmp.Diff(strings.Fields(words), got); diff != "" || did != directive {
		h.T.Errorf("%q: directive %s, want %s; -want +got:\n%s", line, did, directive, diff)
	}
}
