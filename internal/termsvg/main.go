// Command termsvg draws what a program printed on a terminal as an SVG: standard input to standard output. Make picture draws the
// README's picture with it, of the real output of pacific demo.
package main

import (
	"bufio"
	"flag"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

func main() {
	title := flag.String("title", "", "the text above the picture")
	only := flag.String("paragraphs", "", "which paragraphs to show, such as 1,2,7; all by default")
	flag.Parse()
	if err := run(os.Stdin, os.Stdout, *title, *only); err != nil {
		fmt.Fprintln(os.Stderr, "termsvg:", err)
		os.Exit(1)
	}
}

// run draws the chosen paragraphs of a text with the control sequences of a terminal.
func run(in io.Reader, out io.Writer, title, only string) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	if strings.TrimSpace(string(text)) == "" {
		return fmt.Errorf("nothing to draw: standard input is empty")
	}
	paragraphs := strings.Split(strings.Trim(string(text), "\n"), "\n\n")
	if only != "" {
		if paragraphs, err = choose(paragraphs, strings.Split(only, ",")); err != nil {
			return err
		}
	}
	w := bufio.NewWriter(out)
	draw(w, title, strings.Split(strings.Join(paragraphs, "\n\n"), "\n"))
	return w.Flush()
}

// choose gives the paragraphs of these numbers, which count from 1. Where some are left out stands an ellipsis.
func choose(paragraphs, numbers []string) (chosen []string, err error) {
	last := 0
	for _, number := range numbers {
		n, err := strconv.Atoi(number)
		if err != nil || n <= last || n > len(paragraphs) {
			return nil, fmt.Errorf("--paragraphs %s: want rising numbers from 1 to %d", strings.Join(numbers, ","), len(paragraphs))
		}
		if n > last+1 {
			chosen = append(chosen, "…")
		}
		chosen, last = append(chosen, paragraphs[n-1]), n
	}
	return chosen, nil
}

// The measures of a character of the font, and of the frame, in pixels.
const (
	charWidth  = 8.0
	lineHeight = 18
	margin     = 16
	bar        = 32
)

// draw writes the picture. Each line is one text element, so that a reader can select it and a screen reader reads it.
func draw(w io.Writer, title string, lines []string) {
	columns := utf8.RuneCountInString(title)
	for _, line := range lines {
		columns = max(columns, utf8.RuneCountInString(sgr.ReplaceAllString(line, "")))
	}
	width, height := int(float64(columns)*charWidth)+2*margin, len(lines)*lineHeight+bar+margin+4
	fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %d" role="img">`+"\n", width, height, height)
	fmt.Fprintf(w, "<title>%s</title>\n", html.EscapeString(title))
	fmt.Fprintln(w, `<style>text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #d0d7de; white-space: pre }
.t { fill: #8b949e } .b { font-weight: bold; fill: #ffffff } .c1 { fill: #ff7b72 } .c2 { fill: #7ee787 } .c3 { fill: #f2cc60 } .c4 { fill: #79c0ff } .c5 { fill: #d2a8ff } .c6 { fill: #76e3ea }</style>`)
	// The edge shows where the page is as dark as the picture.
	fmt.Fprintf(w, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="#0d1117" stroke="#484f58"/>`+"\n", width-1, height-1)
	fmt.Fprintf(w, `<path d="M1 %d.5H%d" stroke="#30363d"/>`+"\n", bar-2, width-1)
	fmt.Fprintf(w, `<text class="t" x="%d" y="20" text-anchor="middle">%s</text>`+"\n", width/2, html.EscapeString(title))
	for i, line := range lines {
		if line == "" {
			continue
		}
		fmt.Fprintf(w, `<text x="%d" y="%d" xml:space="preserve">%s</text>`+"\n", margin, bar+(i+1)*lineHeight, spans(line))
	}
	fmt.Fprintln(w, "</svg>")
}

var sgr = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// spans is a line with its colours as parts of a text element. A line begins plain: Pacific ends each style on its line.
func spans(line string) string {
	var b strings.Builder
	class := ""
	part := func(text string) {
		text = html.EscapeString(text)
		switch {
		case text == "":
		case class == "":
			b.WriteString(text)
		default:
			fmt.Fprintf(&b, `<tspan class="%s">%s</tspan>`, class, text)
		}
	}
	at := 0
	for _, found := range sgr.FindAllStringSubmatchIndex(line, -1) {
		part(line[at:found[0]])
		class, at = styled(class, line[found[2]:found[3]]), found[1]
	}
	part(line[at:])
	return b.String()
}

// styled is the class after a control sequence: bold and the eight colours; other styles are left out.
func styled(class, codes string) string {
	classes := strings.Fields(class)
	for code := range strings.SplitSeq(codes, ";") {
		n, _ := strconv.Atoi(code)
		switch {
		case n == 0:
			classes = nil
		case n == 1 && !slices.Contains(classes, "b"):
			classes = append(classes, "b")
		case n == 38 || n == 48: // colours of a palette, whose numbers follow
			return strings.Join(classes, " ")
		case n >= 31 && n <= 36 || n >= 91 && n <= 96:
			classes = slices.DeleteFunc(classes, func(c string) bool { return c[0] == 'c' })
			classes = append(classes, "c"+strconv.Itoa(n%10))
		}
	}
	return strings.Join(classes, " ")
}
