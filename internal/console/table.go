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
func (p *Printer) Table(header []string, rows [][]string) {
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
	fmt.Fprintln(p.w, p.paint(lipgloss.NewStyle().Bold(true), line(header, widths)))
	for _, row := range clean {
		fmt.Fprintln(p.w, line(row, widths))
	}
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
