package cmdutil

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// roomError is an error of a room that knows what to do.
type roomError struct{ text, hint string }

func (e *roomError) Error() string { return e.text }
func (e *roomError) Hint() string  { return e.hint }

// TestOneHintContract: Error never has the hint in it, and the outermost hint wins.
func TestOneHintContract(t *testing.T) {
	room := &roomError{"no connection", "start it"}
	for _, test := range []struct {
		name     string
		err      error
		problems string
		hints    []string
		usage    bool
	}{
		{"of a room", room, "no connection", []string{"start it"}, false},
		{"wrapped", fmt.Errorf("reading x: %w", room), "reading x: no connection", []string{"start it"}, false},
		{"of the command", WithHint(room, "give --other"), "no connection", []string{"give --other"}, false},
		{"of the command, wrapped", fmt.Errorf("reading x: %w", WithHint(room, "give --other")), "reading x: no connection", []string{"give --other"}, false},
		{"joined", errors.Join(room, &roomError{"no y", "make y"}, room), "no connection|no y", []string{"start it", "make y"}, false},
		{"an empty one within", fmt.Errorf("a: %w", &roomError{"b", ""}), "a: b", nil, false},
		{"usage", Usage("--x is missing", "give {}", ListJobs()), "--x is missing", []string{"give pacific ps"}, true},
		{"jobtemplate", &jobtemplate.Error{Kind: jobtemplate.ErrValue, Field: "cpu", Problem: "is no number", Want: "give 1"}, "cpu: is no number", []string{"give 1"}, false},
		{"prefect", &prefect.Error{Doing: "listing pools", Kind: prefect.ErrForbidden, Status: 403, Message: "no"}, "listing pools: Prefect answers 403: no",
			[]string{"use a key that may do this: the account of PREFECT_API_KEY has no right to it"}, false},
		{"prefect, a name", &prefect.Error{Doing: "creating pool a", Kind: prefect.ErrForbidden, Status: 403, Message: "no"}, "creating pool a: Prefect answers 403: no",
			[]string{"use another name if it is one that Prefect keeps for itself, else a key that may do this"}, false},
		{"several objections", &prefect.Error{Kind: prefect.ErrInvalid, Status: 422, Message: "invalid", Details: []prefect.Detail{{Field: "a", Message: "b"}, {Message: "c"}}},
			"Prefect answers 422: invalid|a: b|c", nil, false},
		{"a value", &aci.InvalidError{Field: "CPU", Rule: "must be more than 0", Want: "1"}, "--cpu: must be more than 0", []string{"--cpu: give 1"}, true},
	} {
		w := Explain(test.err, nil)
		if got := strings.Join(w.Problems, "|"); got != test.problems || !slices.Equal(w.Hints, test.hints) || w.Usage != test.usage {
			t.Errorf("%s: got %q, hints %q, usage %v; want %q, %q, %v", test.name, got, w.Hints, w.Usage, test.problems, test.hints, test.usage)
		}
		if e, ok := errors.AsType[Hinter](test.err); ok && e.Hint() != "" && strings.Contains(test.err.Error(), e.Hint()) {
			t.Errorf("%s: the text has the hint in it: %q", test.name, test.err)
		}
	}
}

// TestCommandsCarryFlags: a command in a hint gets the flags of the call that say where and as whom, if it knows them.
func TestCommandsCarryFlags(t *testing.T) {
	root := &cobra.Command{Use: "pacific"}
	for _, name := range []string{"ps", "gc", "block", "config"} {
		sub := &cobra.Command{Use: name, Run: func(*cobra.Command, []string) {}}
		switch name {
		case "ps", "gc":
			AddSettings(sub, AzureSettings()...)
		case "block":
			ls := &cobra.Command{Use: "ls", Run: func(*cobra.Command, []string) {}}
			ls.Flags().String("profile", "", "")
			ls.Flags().String("type", "", "")
			sub.AddCommand(ls)
		}
		root.AddCommand(sub)
	}
	call := root.Commands()[slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == "gc" })]
	call.Flags().String("profile", "", "")
	if err := call.ParseFlags([]string{"--resource-group", "jobs (old)", "--profile", "prod", "--output", "json"}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		command Command
		want    string
	}{
		{Command{"ps", "--all"}, "pacific ps --resource-group 'jobs (old)' --all"},
		{Command{"gc", "--resource-group", "other", "--yes"}, "pacific gc --profile prod --resource-group other --yes"},
		{Command{"block", "ls", "--type", "string"}, "pacific block ls --profile prod --type string"},
		{Command{"config"}, "pacific config"},
		{Command{"ps", "--help"}, "pacific ps --help"},
	} {
		if got := (advice{"{}", []Command{test.command}}).words(call); got != test.want {
			t.Errorf("%v: got %s, want %s", test.command, got, test.want)
		}
	}
}
