package console

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"
)

// columnGap is what awk and eyes agree on as the end of a column: no cell of
// ours holds two blanks in a row.
const columnGap = "  "

// Table writes rows under a header in aligned columns, without lines between
// them so that a table can be cut, sorted and grepped. The header is bold on a
// terminal. An empty cell becomes "-" so that columns can be counted.
func (p *Printer) Table(header []string, rows [][]string) { p.table(header, rows, 0) }

// List is a [Printer.Table] that fits a terminal: the longest values are cut there, and end in "…". A program gets them whole.
func (p *Printer) List(header []string, rows [][]string) {
	limit := 0
	if p.terminal {
		limit = p.columns()
	}
	p.table(header, rows, limit)
}

// table writes no line longer than limit, if columns can be made so narrow (0: any length).
func (p *Printer) table(header []string, rows [][]string, limit int) {
	widths := make([]int, len(header))
	for i, h := range header {
		widths[i] = lipgloss.Width(h)
	}
	clean := make([][]string, len(rows))
	for r, row := range rows {
		clean[r] = make([]string, len(header))
		for i := range header {
			clean[r][i] = cell(row, i)
			widths[i] = max(widths[i], lipgloss.Width(clean[r][i]))
		}
	}
	if limit > 0 {
		narrow(widths, header, limit)
		for _, row := range clean {
			for i := range row {
				row[i] = cut(row[i], widths[i])
			}
		}
	}
	fmt.Fprintln(p.w, p.paint(lipgloss.NewStyle().Bold(true), line(header, widths)))
	for _, row := range clean {
		fmt.Fprintln(p.w, line(row, widths))
	}
}

// leastWidth is what is left of a column at least: enough of a name to tell it from others.
const leastWidth = 12

// narrow takes columns off the widest column until a line fits, but none narrower than its header and leastWidth.
func narrow(widths []int, header []string, limit int) {
	total := (len(widths) - 1) * len(columnGap)
	for _, width := range widths {
		total += width
	}
	for ; total > limit; total-- {
		widest := -1
		for i, width := range widths {
			if width > max(leastWidth, lipgloss.Width(header[i])) && (widest < 0 || width >= widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// cut shortens a text to a width, with "…" for what is left out.
func cut(text string, width int) string {
	if lipgloss.Width(text) <= width {
		return text
	}
	kept := 0
	for i, r := range text {
		if kept += lipgloss.Width(string(r)); kept > width-1 {
			return text[:i] + "…"
		}
	}
	return text
}

func cell(row []string, i int) string {
	if i >= len(row) {
		return "-"
	}
	if text := strings.Join(strings.Fields(Flat(row[i])), " "); text != "" {
		return text
	}
	return "-"
}

func line(cells []string, widths []int) string {
	var b strings.Builder
	for i, c := range cells {
		b.WriteString(c)
		if i < len(cells)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-lipgloss.Width(c)))
			b.WriteString(columnGap)
		}
	}
	return b.String()
}
