package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func testTree(t *testing.T) *cobra.Command {
	t.Helper()
	return tree(cmdutil.NewApp(cmdutil.Env{Args: []string{}}))
}

// leaves are the commands that do something.
func leaves(t *testing.T) []*cobra.Command {
	t.Helper()
	var all []*cobra.Command
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if !cmd.HasSubCommands() {
			all = append(all, cmd)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(testTree(t))
	if len(all) < 10 {
		t.Fatalf("only %d commands found", len(all))
	}
	return all
}

// TestFlagsAndSettingsAgree fails when a flag and its setting drift apart.
func TestFlagsAndSettingsAgree(t *testing.T) {
	settings := map[string]config.Setting{}
	for _, s := range config.Settings() {
		settings[s.Name] = s
	}
	used := map[string]bool{}
	for _, cmd := range leaves(t) {
		if strings.HasPrefix(cmd.CommandPath(), "pacific emulator ") || strings.HasPrefix(cmd.CommandPath(), "pacific block create ") {
			continue // their flags make an Azure or a document, they do not choose an Azure
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			s, ok := settings[f.Name]
			if !ok {
				if strings.Contains(f.Usage, "[$") {
					t.Errorf("%s --%s names a variable but is no setting", cmd.Name(), f.Name)
				}
				return
			}
			if strings.HasPrefix(cmd.CommandPath(), "pacific work-pool ") && (f.Name == "resource-group" || f.Name == "subscription") {
				return // they write defaults into a template
			}
			if f.Name == "resource-group" && strings.Contains(cmd.CommandPath(), " provision") {
				return // the one that is made for a pool, not the one in which jobs run
			}
			if f.Name == "output" && cmd.CommandPath() == "pacific service-principal create" {
				return // it has forms of its own
			}
			if f.Name == "output" && cmd.CommandPath() == "pacific image build" {
				return // it is the image's file
			}
			if cmd.CommandPath() == "pacific bootstrap" && (f.Name == "resource-group" || f.Name == "image") {
				return // the group that is made, and the worker's own image
			}
			if cmd.CommandPath() == "pacific deploy" && f.Name == "image" {
				return // the deployment's
			}
			used[f.Name] = true
			if !s.Flag {
				t.Errorf("%s --%s: this setting must not be a flag", cmd.Name(), f.Name)
			}
			if f.DefValue != s.Default || f.Usage != s.Doc+" [$"+s.Env+"]" {
				t.Errorf("%s --%s: default %q and help %q differ from the setting's", cmd.Name(), f.Name, f.DefValue, f.Usage)
			}
		})
	}
	for name, s := range settings {
		if s.Flag && !used[name] {
			t.Errorf("no command has the flag of the setting %s", name)
		}
	}
}

// TestEveryCommandIsComplete holds each command to a summary, examples that
// begin with its name, and a file of its own.
func TestEveryCommandIsComplete(t *testing.T) {
	for _, cmd := range leaves(t) {
		name := strings.TrimPrefix(cmd.CommandPath(), "pacific ")
		if cmd.Short == "" || !strings.Contains(cmd.Example, "pacific "+name) {
			t.Errorf("%s: it lacks a summary or an example", name)
		}
		if cmd.GroupID == "" && cmd.Parent().GroupID == "" && cmd.Parent().Parent().GroupID == "" {
			t.Errorf("%s: it is in no group of the help", name)
		}
		if cmd.Args == nil && name != "help" {
			t.Errorf("%s: its arguments are not checked", name)
		}
		if !hasOwnFile(t, strings.Fields(name)) {
			t.Errorf("%s: it has no file of its own", name)
		}
	}
}

// hasOwnFile reports whether a command has a file of its own: VERB.go in the package of its noun, for the types of
// block create a create_*.go each, and for commands of one word NAME.go in the root or in one of its packages.
func hasOwnFile(t *testing.T, name []string) bool {
	t.Helper()
	if strings.Join(name, " ") == "work-pool provision-infrastructure" {
		name = []string{"provision", "infrastructure"} // it belongs to the noun that does it
	}
	pattern := strings.ReplaceAll(name[0], "-", "") + "/" + name[len(name)-1] + ".go"
	use := ""
	switch len(name) {
	case 1:
		return slices.ContainsFunc([]string{"", "job/", name[0] + "/"}, func(folder string) bool {
			_, err := os.Stat(folder + name[0] + ".go")
			return err == nil
		})
	case 3:
		pattern, use = "block/create_*.go", strconv.Quote(name[2])[:len(name[2])+1]+" NAME"
	}
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	if use == "" {
		return len(files) == 1
	}
	return slices.ContainsFunc(files, func(file string) bool {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Contains(string(text), use)
	})
}

// TestHelpNamesNoGoType: what a flag takes has a name of its own where the flag library's would be that of a Go type.
func TestHelpNamesNoGoType(t *testing.T) {
	plain := []string{"", "string", "int", "float", "duration"}
	for _, cmd := range leaves(t) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			value, _ := pflag.UnquoteUsage(f)
			quoted := strings.Contains(f.Usage, "`")
			if !quoted && !slices.Contains(plain, value) {
				t.Errorf("%s --%s: help says that it takes a %q", cmd.CommandPath(), f.Name, value)
			}
		})
	}
}

// TestAzureFlagsComplete: no shell offers names of files for what is in Azure.
func TestAzureFlagsComplete(t *testing.T) {
	for _, cmd := range leaves(t) {
		for _, name := range []string{"resource-group", "subscription", "location"} {
			if cmd.Flags().Lookup(name) == nil {
				continue
			}
			if _, has := cmd.GetFlagCompletionFunc(name); !has {
				t.Errorf("%s --%s is not completed", cmd.CommandPath(), name)
			}
		}
	}
}

// TestExamplesParse reads every example of the help as a command line.
func TestExamplesParse(t *testing.T) {
	for _, cmd := range leaves(t) {
		parsed := 0
		text := strings.ReplaceAll(cmd.Example, "\\\n", " ")
		for example := range strings.Lines(text) {
			example = strings.TrimSpace(strings.Trim(strings.TrimSpace(example), "<()"))
			example, _, _ = strings.Cut(example, " | ")
			words, ok := strings.CutPrefix(example, "pacific ")
			if !ok {
				continue
			}
			words, _, _ = strings.Cut(words, " -- ")
			words, _, _ = strings.Cut(words, " > ")
			found, args, err := testTree(t).Find(strings.Fields(strings.TrimSuffix(words, "&")))
			if err != nil || found.CommandPath() != cmd.CommandPath() {
				t.Errorf("%q is no command line of %s: %v", example, cmd.CommandPath(), err)
				continue
			}
			if err := found.ParseFlags(args); err != nil {
				t.Errorf("%q: %v", example, err)
			}
			parsed++
		}
		if parsed == 0 {
			t.Errorf("%s: none of its examples could be read", cmd.CommandPath())
		}
	}
}

// TestDocsAreComplete fails when a command, a flag or a setting is missing in
// the documentation.
func TestDocsAreComplete(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	commands, configuration := read("commands.md"), read("configuration.md")
	for _, cmd := range leaves(t) {
		line := strings.TrimSuffix(cmd.CommandPath(), cmd.Name()) + cmd.Use
		if !strings.Contains(commands, "\n## "+cmd.CommandPath()+"\n") || !strings.Contains(commands, "    "+line+"\n") {
			t.Errorf("docs/commands.md has no section on %q", line)
		}
		cmd.LocalNonPersistentFlags().VisitAll(func(f *pflag.Flag) {
			if f.Name != "help" && !strings.Contains(commands+configuration, "`--"+f.Name) && !strings.Contains(commands, "--"+f.Name) && !strings.Contains(configuration, "`"+f.Name+"`") {
				t.Errorf("the documentation does not name %s --%s", cmd.Name(), f.Name)
			}
		})
	}
	for _, s := range config.Settings() {
		row := "| `" + s.Name + "`"
		if !strings.Contains(configuration, row) || !strings.Contains(configuration, "| `"+s.Env+"` |") {
			t.Errorf("docs/configuration.md has no row for %s (%s)", s.Name, s.Env)
		}
	}
}
