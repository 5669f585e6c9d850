package main

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// evidencePage is the sum of the local Azure's tables of evidence, from the root of the repository.
const evidencePage = "docs/evidence.md"

// row is one behaviour that the local Azure assumes.
type row struct{ behaviour, source string }

// own are how the source of a row begins that is about the local Azure alone: there is nothing to see of it in Azure.
var own = []string{"a deliberate difference", "a limit of the emulator", "limits of the emulator", "the emulator's own", "a rule of the emulator",
	"a tool of the emulator", "ours", "the emulated tenant has no users", "for tests of lost resources"}

func (r row) ofTheEmulator() bool {
	for _, begin := range own {
		if strings.HasPrefix(r.source, begin) {
			return true
		}
	}
	return false
}

// assumedRows reads the rows of the page whose evidence is assumed.
func assumedRows(page string) ([]row, error) {
	text, err := os.ReadFile(page)
	if err != nil {
		return nil, fmt.Errorf("the table of evidence: %w (run this from the root of the repository)", err)
	}
	var rows []row
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), " | ")
		if len(cells) == 4 && cells[2] == "assumed" {
			rows = append(rows, row{strings.TrimPrefix(cells[0], "| "), strings.TrimSuffix(cells[3], " |")})
		}
	}
	return rows, nil
}

// verdict is what a check found about a row.
type verdict string

const (
	confirmed verdict = "confirmed"
	refuted   verdict = "refuted"
	unknown   verdict = "unknown"
)

// finding is a verdict, and what was seen.
type finding struct {
	verdict verdict
	saw     string
}

// report prints each assumed row with what was found, by the beginnings of the rows, and the sums.
func report(w io.Writer, rows []row, found map[string]finding) {
	sums := map[verdict]int{}
	mine := 0
	for _, r := range rows {
		f := finding{verdict: unknown} // there is no check for it
		checked := false
		for begin, one := range found {
			if strings.HasPrefix(r.behaviour, begin) {
				f, checked = one, true
			}
		}
		if !checked && r.ofTheEmulator() {
			mine++
			continue
		}
		sums[f.verdict]++
		fmt.Fprintf(w, "%-9s  %s\n", f.verdict, r.behaviour)
		if checked {
			fmt.Fprintf(w, "           %s\n", f.saw)
		}
	}
	fmt.Fprintf(w, "\n%d confirmed, %d refuted, %d unknown; %d more are about the local Azure alone\n", sums[confirmed], sums[refuted], sums[unknown], mine)
}
