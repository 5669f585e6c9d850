package evidence

import (
	"fmt"
	"strings"
)

// Markdown is the table as the page docs/evidence.md.
func Markdown() string {
	var b strings.Builder
	counts := map[Kind]int{}
	for _, e := range All() {
		counts[e.Kind]++
	}
	fmt.Fprintf(&b, `# What we know of Azure, and how

<!-- Made from the tables in emulator/azure/internal/evidence. Change those, then run: UPDATE=1 go test ./emulator/azure/internal/evidence -->

Everything that the emulated Azure does stands here with its evidence, so that whoever first points
Pacific at the real one knows which of our truths were seen and which are guesses.

| evidence | rows | what it means |
|---|--:|---|
| %s | %d | seen in public recordings of real Azure's answers |
| %s | %d | stated by a page or an API file of Microsoft's |
| %s | %d | reported by users or maintainers in a public thread |
| %s | %d | our guess, with its reason, or a deliberate difference |
`, Recorded, counts[Recorded], Documented, counts[Documented], IssueThread, counts[IssueThread], Assumed, counts[Assumed])
	for _, room := range Rooms() {
		fmt.Fprintf(&b, "\n## %s\n\n| behaviour | speaks for | evidence | source |\n|---|---|---|---|\n", room.Title)
		for _, e := range room.Entries {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(e.Behaviour), e.names(), e.Kind, cell(e.Source))
		}
	}
	return b.String()
}

// names are what the row speaks for, each as code.
func (e Entry) names() string {
	names := strings.Fields(e.Operation + " " + e.Setting + " " + e.Code)
	for i, name := range names {
		names[i] = "`" + name + "`"
	}
	return strings.Join(names, " ")
}

// cell keeps a text within one cell of a table.
func cell(text string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "<", "&lt;", ">", "&gt;").Replace(text)
}
