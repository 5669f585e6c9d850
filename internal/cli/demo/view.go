package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
)

// view shows the story: to people as it goes on, to programs not at all.
//
//	[ 2/10] make a network, a key vault with a secret, and an identity that reads it
//	        $ pacific bootstrap …
//	        key vault prefect-x, identity prefect-identity
type view struct {
	a      *cmdutil.App
	silent bool
	steps  int
	doing  *cmdutil.Doing
}

// indent is the column of the commands.
const indent = "        "

// begin shows that a step has begun, and what does it by hand.
func (v *view) begin(n int, s stepView) {
	if v.silent {
		return
	}
	if n > 1 {
		v.a.Out.Line("")
	}
	v.a.Out.Heading(fmt.Sprintf("[%2d/%d] %s", n, v.steps, s.Title))
	for _, command := range s.Commands {
		v.command(command)
	}
	v.doing = v.a.NewDoing()
	v.doing.Show(s.Title)
}

// command shows a command line.
func (v *view) command(text string) {
	for i, line := range shellLines(text, v.a.Width()-len(indent)-2) {
		mark := "$ "
		if i > 0 {
			mark = "  "
		}
		v.a.Out.Line("%s%s", indent, v.a.Out.Mark(true, mark+line))
	}
}

// end shows what came of a step. An error is shown by whoever gets it.
func (v *view) end(s stepView) {
	if v.silent {
		return
	}
	v.doing.Stop()
	if s.Outcome == "" {
		return
	}
	for line := range strings.Lines(s.Outcome) {
		v.a.Out.Line("%s%s", indent, strings.TrimSuffix(line, "\n"))
	}
}

// closing is the last word.
func (v *view) closing(took time.Duration) {
	if v.silent {
		return
	}
	v.a.Out.Line("")
	v.a.Out.Line("All of it took %.1f s. On an account of your own, sign in with az login in place", took.Seconds())
	v.a.Out.Line("of the first command; pacific demo --engine docker shows them with an image.")
}

// shellLines breaks a command where a shell goes on on the next line, at blanks outside of quotes.
func shellLines(command string, width int) (lines []string) {
	const further = "    "
	line := ""
	for _, word := range shellWords(command) {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word)+2 > width && strings.TrimSpace(line) != "":
			lines = append(lines, line+` \`)
			line = further + word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

// shellWords are the parts of a command as they are written, quotes included. A flag and its value are one, and so is all from
// || on.
func shellWords(command string) (words []string) {
	var quote rune
	start := 0
	for i, r := range command {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'':
			quote = r
		case strings.HasPrefix(command[i:], "|| "):
			return append(words, command[start:])
		case r == ' ' && strings.HasPrefix(command[start:i], "--") && !strings.HasPrefix(command[i+1:], "-") && !strings.Contains(command[start:i], " "):
		case r == ' ':
			words, start = append(words, command[start:i]), i+1
		}
	}
	return append(words, command[start:])
}

// log shows a line of the run's logs.
func (v *view) log(line prefect.Log) {
	if v.silent {
		return
	}
	v.doing.Stop()
	v.at(line.Timestamp.Time, line.Message)
}

// timeline shows the run's states and what happened to its container, by their times.
func (v *view) timeline(states []prefect.State, group *aci.Group) {
	if v.silent {
		return
	}
	v.doing.Stop()
	type row struct {
		at   time.Time
		text string
	}
	var rows []row
	for _, state := range states {
		rows = append(rows, row{state.Timestamp.Time, "flow run: " + state.Name})
	}
	for _, event := range eventsOf(group) {
		rows = append(rows, row{event.First, "container: " + event.Name})
	}
	slices.SortStableFunc(rows, func(a, b row) int { return a.at.Compare(b.at) })
	for _, row := range rows {
		v.at(row.at, row.text)
	}
}

// at shows what happened at a time, and goes on below it where a line is full.
func (v *view) at(t time.Time, text string) {
	const column = len(indent) + len("15:04:05.000  ")
	lead := indent + clock(t) + " "
	line := lead
	for word := range strings.FieldsSeq(console.Flat(text)) {
		if len(line)+1+len(word) > v.a.Width() && len(strings.TrimSpace(line)) > 0 {
			v.a.Out.Line("%s", line)
			line = strings.Repeat(" ", column-1)
		}
		line += " " + word
	}
	v.a.Out.Line("%s", line)
}

// clock is a time of this machine's day, to the millisecond: the whole story takes seconds.
func clock(t time.Time) string { return t.Local().Format("15:04:05.000") }

// stays says how to look around.
func (v *view) stays(commands []string) {
	if v.silent {
		return
	}
	v.a.Out.Line("")
	v.a.Out.Heading("All of it goes on until Ctrl-C. To look around, in another shell:")
	for _, command := range commands {
		v.command(command)
	}
}
