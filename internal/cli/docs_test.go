package cli

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/docpages"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func docPages(t *testing.T) map[string]string {
	t.Helper()
	all, err := docpages.Load("../..")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	ourProgram = regexp.MustCompile(`(?:^|[\s("'])(?:bin/|\./cmd/)?pacific ([a-z].*)`)
	// ourEnd is where a command line of Pacific's ends inside a longer line.
	ourEnd  = regexp.MustCompile(` (?:\||\|\||&&|>|&|'|"\$)(?: |$)|&$|\)"?$|\)" | &&$|;$`)
	aFlag   = regexp.MustCompile(`^--[a-z][a-z-]*[a-z]\b`)
	flags   = regexp.MustCompile(`(?:^| )(--[a-z][a-z-]*[a-z])\b`)
	oneCell = regexp.MustCompile(`(?m)^\| (.*?[^\\]) \|`)
	target  = regexp.MustCompile(`\bmake ([a-z0-9-]+)`)
	set     = regexp.MustCompile(`^\w+=(?:\$\([^)]*\)|"[^"]*"|\S*) *`)
)

// foreign are the programs of other people that the pages use. Their command lines are not read here but run: by TestPagesRun,
// or by the tests that runBy names.
var foreign = []string{".", "az", "cat", "cd", "curl", "docker", "eval", "export", "go", "make", "pip", "prefect", "python", "sha256sum", "tar"}

// foreignFlags are those that the text names without their program.
var foreignFlags = []string{
	"--retention-days", "--enable-rbac-authorization", // az keyvault create
	"--assignee", // az role assignment create
	"--flows",    // a program of Go flows
}

// TestPagesParse reads every command line of Pacific's in the documentation, those in the text too: its command and its flags exist.
func TestPagesParse(t *testing.T) {
	parsed, root := 0, testTree(t)
	known := flagsOf(root)
	for page, all := range docPages(t) {
		blocks, text := docpages.Split(all)
		for _, block := range blocks {
			if !block.Commands() && block.Kind != "powershell" {
				continue
			}
			for _, line := range block.Lines() {
				if program := programOf(line); block.Commands() && page != "CONTRIBUTING.md" && program != "pacific" && !slices.Contains(foreign, program) {
					t.Errorf("%s: %q begins with no program that these tests know", page, line)
				}
				parsed += parseLine(t, root, page, line, page != "docs/commands.md" || block.Fenced)
			}
		}
		for _, code := range docpages.Spans(text) {
			if ours := parseLine(t, root, page, code, false); ours > 0 {
				parsed += ours
			} else if strings.HasPrefix(code, "--") {
				for _, name := range flags.FindAllStringSubmatch(code, -1) {
					if !known[name[1]] && !slices.Contains(foreignFlags, name[1]) {
						t.Errorf("%s: no command has the flag %s", page, name[1])
					}
				}
			}
		}
	}
	if parsed < 300 {
		t.Errorf("only %d command lines found", parsed)
	}
}

// programOf is what a line for a shell begins with, after its variables.
func programOf(line string) string {
	for {
		rest := set.ReplaceAllString(line, "")
		if rest == line {
			break
		}
		line = rest
	}
	words := docpages.Words(line)
	if len(words) == 0 {
		return "export"
	}
	return filepath.Base(words[0])
}

// parseLine reads the command lines of Pacific's in a line, and says how many there are. A whole one also has the arguments that
// the command takes.
func parseLine(t *testing.T, root *cobra.Command, page, line string, whole bool) (parsed int) {
	for {
		at := ourProgram.FindStringSubmatchIndex(line)
		if at == nil {
			return parsed
		}
		line = line[at[2]:]
		ours, _, dashed := strings.Cut(line, " -- ")
		if end := ourEnd.FindStringIndex(ours); end != nil {
			ours, dashed = ours[:end[0]], false
		}
		if strings.Count(ours, "'")%2 == 1 { // the end of what a shell was given
			ours, dashed = ours[:strings.LastIndex(ours, "'")], false
		}
		words := docpages.Words(ours)
		if !whole { // in a usage line, what may be left out
			words = slices.DeleteFunc(words, func(word string) bool { return strings.HasPrefix(word, "[") })
		}
		if dashed {
			words = append(words, "--", "command")
		}
		parsed++
		if words[0] == "help" {
			continue // cobra adds it when a command is run
		}
		found, args, err := root.Find(words)
		if err != nil || !found.Runnable() && (whole || len(args) > 0) {
			t.Errorf("%s: %q is no command: %v", page, ours, err)
			continue
		}
		err = found.ParseFlags(args)
		if err != nil && (whole || !strings.HasPrefix(err.Error(), "flag needs an argument")) {
			t.Errorf("%s: %q: %v", page, ours, err)
		} else if whole || found.HasSubCommands() && found.Name() != "create" {
			if err := found.ValidateArgs(found.Flags().Args()); err != nil {
				t.Errorf("%s: %q: %v", page, ours, err)
			}
		}
	}
}

// flagsOf are the flags of all commands, with their dashes.
func flagsOf(cmd *cobra.Command) map[string]bool {
	all := map[string]bool{"--help": true}
	add := func(f *pflag.Flag) { all["--"+f.Name] = true }
	cmd.LocalFlags().VisitAll(add)
	for _, sub := range cmd.Commands() {
		maps.Copy(all, flagsOf(sub))
	}
	return all
}

// TestCommandsPageNamesFlags holds the tables of docs/commands.md: what stands in a first column is a flag of the section's command.
func TestCommandsPageNamesFlags(t *testing.T) {
	root, checked := testTree(t), 0
	for _, section := range strings.Split(docPages(t)["docs/commands.md"], "\n## pacific ")[1:] {
		name, text, _ := strings.Cut(section, "\n")
		cmd, _, err := root.Find(strings.Fields(name))
		if err != nil {
			t.Errorf("pacific %s: %v", name, err)
			continue
		}
		for _, cell := range oneCell.FindAllStringSubmatch(text, -1) {
			for _, code := range docpages.Spans(cell[1]) {
				flag := strings.TrimPrefix(aFlag.FindString(code), "--")
				if flag == "" {
					continue
				}
				if checked++; cmd.Flags().Lookup(flag) == nil && cmd.InheritedFlags().Lookup(flag) == nil {
					t.Errorf("docs/commands.md: pacific %s has no flag --%s", name, flag)
				}
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d flags found", checked)
	}
}

// TestPagesMake: what the pages say to make is a target of the Makefile.
func TestPagesMake(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for page, all := range docPages(t) {
		blocks, text := docpages.Split(all)
		code := docpages.Spans(text)
		for _, block := range blocks {
			code = append(code, block.Lines()...)
		}
		for _, line := range code {
			for _, made := range target.FindAllStringSubmatch(line, -1) {
				if made[1] != "integration-test" && !strings.Contains(string(makefile), "\n"+made[1]+":") {
					t.Errorf("%s: there is no target of make %s", page, made[1])
				}
			}
		}
	}
}

// runBy is the test that runs the commands of a page, or why they are run by none.
var runBy = map[string]string{
	"README.md":                         "TestPagesRun",
	"docs/benchmarks.md":                "", // they take minutes to hours
	"docs/bootstrap.md":                 "TestPagesRunWithAz",
	"docs/commands.md":                  "TestPagesRun",
	"docs/configuration.md":             "TestPagesRun",
	"docs/demo.md":                      "TestPagesRunWithAz",
	"docs/deploy.md":                    "TestDocs",
	"docs/from-prefect-azure.md":        "TestPagesRun",
	"docs/images.md":                    "TestDocs",
	"docs/local-azure.md":               "TestPagesRunWithAz",
	"docs/operations.md":                "TestPagesRun",
	"docs/prefect-tests.md":             "TestPytestPage",
	"docs/provision.md":                 "TestPagesRun",
	"docs/security.md":                  "TestPagesRun",
	"docs/troubleshooting.md":           "TestPagesRun",
	"docs/tutorial.md":                  "TestTutorial",
	"docs/worker.md":                    "TestPagesRun",
	"examples/key_vault_demo/README.md": "TestPagesRunWithAz",
	"examples/simple_demo/README.md":    "TestSimpleDemoPage",
	"CONTRIBUTING.md":                   "", // a commit's message, and what needs an account
}

// TestPagesAreRun: each page with commands is in the list above, and its test exists.
func TestPagesAreRun(t *testing.T) {
	var tests strings.Builder
	goFiles(t, &tests, func(name string) bool { return strings.HasSuffix(name, "_test.go") })
	for page, all := range docPages(t) {
		blocks, _ := docpages.Split(all)
		test, listed := runBy[page]
		if has := slices.ContainsFunc(blocks, docpages.Block.Commands); has != listed {
			t.Errorf("%s: has commands: %t; is in the list: %t", page, has, listed)
		}
		if test != "" && !strings.Contains(tests.String(), "\nfunc "+test+"(t *testing.T)") {
			t.Errorf("%s: there is no %s", page, test)
		}
	}
}

// goFiles puts the Go files of the module with such a name together.
func goFiles(t *testing.T, all *strings.Builder, wanted func(name string) bool) {
	t.Helper()
	err := filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && file != "../.." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "bin"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(file, ".go") || !wanted(entry.Name()):
			return nil
		}
		text, err := os.ReadFile(file)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
