package deploy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// IgnoreFile is the file that says which files are no part of the code, by the rules of .gitignore.
const IgnoreFile = ".prefectignore"

// defaultIgnore counts where a folder has no [IgnoreFile]. It is what Prefect writes into a new one.
const defaultIgnore = `.prefectignore
__pycache__/
*.py[cod]
*$py.class
*.egg-info/
*.egg
.mypy_cache/
.dmypy.json
dmypy.json
.pyre/
profile_default/
ipython_config.py
*.ipynb_checkpoints/*
.python-version
.env
.venv
env/
venv/
.DS_Store
dask-worker-space/
.idea/
.vscode/
.git/
.hg/
`

// ignoreRules are the patterns of an ignore file in their order. They match as pathspec does, which Prefect uses: as git,
// except that a pattern for a file wins over one for its folder, so that !pattern brings back a file from a folder that is
// left out.
type ignoreRules struct {
	rules   []ignoreRule
	negated bool // one of them begins with !
}

type ignoreRule struct {
	match   *regexp.Regexp
	exclude bool // false: the pattern begins with !
}

// directoryGroup is the group of a rule's expression that the slash behind a folder's name matches.
const directoryGroup = "d"

// parseIgnore reads the text of an ignore file.
func parseIgnore(text string) (ignoreRules, error) {
	var all ignoreRules
	for number, line := range strings.Split(text, "\n") {
		rule, ok, err := parseIgnoreLine(line)
		if err != nil {
			return all, fmt.Errorf("%s, line %d: %w", IgnoreFile, number+1, err)
		}
		if ok {
			all.rules = append(all.rules, rule)
			all.negated = all.negated || !rule.exclude
		}
	}
	return all, nil
}

// leavesOut reports whether the rules leave out a file, or with a slash at its end a folder and all that is in it.
func (all ignoreRules) leavesOut(path string) bool {
	excluded, undecided := false, true
	for _, rule := range slices.Backward(all.rules) {
		found := rule.match.FindStringSubmatchIndex(path)
		if found == nil {
			continue
		}
		if group := rule.match.SubexpIndex(directoryGroup); group < 0 || found[2*group] < 0 {
			return rule.exclude
		}
		if undecided { // the last one of those that match a folder, unless one matches the file itself
			excluded, undecided = rule.exclude, false
		}
	}
	return excluded
}

// parseIgnoreLine translates a line. ok is false for one that says nothing.
func parseIgnoreLine(line string) (rule ignoreRule, ok bool, err error) {
	if !strings.HasSuffix(line, `\ `) {
		line = strings.TrimRight(line, " \t\r\n\f\v")
	}
	if line == "" || line[0] == '#' || line == "/" {
		return rule, false, nil
	}
	rule.exclude = true
	if line[0] == '!' {
		rule.exclude, line = false, line[1:]
	}
	expression, ok, err := ignoreExpression(strings.Split(line, "/"))
	if err != nil || !ok {
		return rule, false, err
	}
	if rule.match, err = regexp.Compile("(?s)" + expression); err != nil {
		return rule, false, fmt.Errorf("the pattern %q has a bad range", line)
	}
	return rule, true, nil
}

// ignoreExpression is the regular expression of a pattern that is cut at its slashes.
func ignoreExpression(segments []string) (expression string, ok bool, err error) {
	const folder = `(?P<` + directoryGroup + `>/)`
	forFolders := segments[len(segments)-1] == ""
	switch {
	case segments[0] == "":
		segments = segments[1:] // a slash at the beginning: from the root on
	case len(segments) == 1 || len(segments) == 2 && forFolders:
		if segments[0] != "**" {
			segments = append([]string{"**"}, segments...) // a name alone: at any depth
		}
	}
	if len(segments) == 0 {
		return "", false, nil
	}
	if segments[len(segments)-1] == "" {
		segments[len(segments)-1] = "**"
	}
	segments = withoutRepeats(segments)
	switch joined := strings.Join(segments, "/"); {
	case joined == "**" && forFolders, joined == "**/*/**" && forFolders:
		return folder, true, nil
	case joined == "**/*/**":
		return "/", true, nil
	case joined == "**", joined == "**/*":
		return ".", true, nil
	}
	var b strings.Builder
	last, slash := len(segments)-1, false
	for i, segment := range segments {
		switch {
		case segment == "**" && i == 0:
			b.WriteString("^(?:.+/)?")
			continue
		case segment == "**" && i < last:
			b.WriteString("(?:/.+)?")
			slash = true
			continue
		case segment == "**":
			if forFolders {
				b.WriteString(folder)
			} else {
				b.WriteString("/")
			}
			continue
		}
		if i == 0 {
			b.WriteString("^")
		}
		if slash {
			b.WriteString("/")
		}
		glob, ok, err := globExpression(segment)
		if err != nil || !ok {
			return "", false, err
		}
		b.WriteString(glob)
		if i == last {
			b.WriteString("(?:" + folder + "|$)")
		}
		slash = true
	}
	return b.String(), true, nil
}

// withoutRepeats makes one of several ** in a row.
func withoutRepeats(segments []string) []string {
	var all []string
	for i, segment := range segments {
		if i == 0 || segment != "**" || segments[i-1] != "**" {
			all = append(all, segment)
		}
	}
	return all
}

// globExpression translates a pattern between two slashes. ok is false for a range without an end, for which git drops the
// whole pattern.
func globExpression(glob string) (expression string, ok bool, err error) {
	if glob == "*" {
		return "[^/]+", true, nil
	}
	var b strings.Builder
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; c {
		case '\\':
			if i++; i == len(glob) {
				return "", false, fmt.Errorf("the pattern %q ends in a backslash", glob)
			}
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		case '*':
			b.WriteString("[^/]*")
		case '?':
			b.WriteString("[^/]")
		case '[':
			class, end := rangeExpression(glob[i:])
			if end == 0 {
				return "", false, nil
			}
			b.WriteString(class)
			i += end - 1
		default:
			b.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		}
	}
	return b.String(), true, nil
}

// rangeExpression translates the range that text begins with, and gives its length; 0 where it has no end.
func rangeExpression(text string) (expression string, length int) {
	i, begin := 1, "["
	if i < len(text) && (text[i] == '!' || text[i] == '^') {
		i, begin = i+1, "[^"
	}
	from := i
	if i < len(text) && text[i] == ']' {
		i++
	}
	end := strings.IndexByte(text[i:], ']')
	if end < 0 {
		return "", 0
	}
	inside := strings.NewReplacer(`\`, `\\`, "[", `\[`).Replace(text[from : i+end])
	return begin + inside + "]", i + end + 1
}
