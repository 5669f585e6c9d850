package cmdutil

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"strings"
)

// Pairs reads K=V flags. An error never repeats the value.
func Pairs(flag string, given []string) (map[string]string, error) {
	values := map[string]string{}
	for _, pair := range given {
		key, value, found := strings.Cut(pair, "=")
		switch {
		case !found:
			hint := ""
			if flag == "--env" {
				hint = fmt.Sprintf("a value from the environment: --env %s=\"$%s\", or --secret-env %s if it is secret", key, key, key)
			}
			return nil, Usage(fmt.Sprintf("%s %q has no =: give K=V", flag, key), hint)
		case key == "":
			return nil, Usage(flag+" has a value without a name: give K=V", "")
		}
		values[key] = value
	}
	return values, nil
}

// ReadEnvFile reads a file of K=V lines: blank lines and lines that begin with
// # are skipped, everything after the = is the value as it stands, quotes
// included. An error names the line, never its text.
func (a *App) ReadEnvFile(flag, name string, secret bool) (map[string]string, error) {
	path := a.Path(name)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, Usage(flag+": "+err.Error(), "")
	}
	if secret {
		a.warnLooseMode(flag, path, name)
	}
	values := map[string]string{}
	n := 0
	// A byte order mark, which Windows editors put there, is no part of the first name.
	for line := range strings.Lines(strings.TrimPrefix(string(text), "\ufeff")) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		key, value, found := strings.Cut(line, "=")
		if key = strings.TrimSpace(key); !found || key == "" || strings.ContainsAny(key, " \t") {
			return nil, Usage(fmt.Sprintf("%s %s line %d is not K=V", flag, name, n), "write one NAME=value a line, without export and without quotes")
		}
		if err := RefuseInvalidUTF8(fmt.Sprintf("%s %s line %d", flag, name, n), line); err != nil {
			return nil, err
		}
		values[key] = value
	}
	return values, nil
}

// warnLooseMode warns, and no more: a secret that a CI system or Kubernetes
// mounts is often readable by all in a place where there is nobody else.
func (a *App) warnLooseMode(flag, path, name string) {
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS == "windows" {
		return
	}
	if mode := info.Mode().Perm(); info.Mode().IsRegular() && mode&0o077 != 0 {
		a.Say.Warning(fmt.Sprintf("%s: %s can be read by others (mode %04o): run chmod 600 %s", flag, name, mode, ShellWord(name)))
	}
}

// Merged lays over upon base, without changing either; nil when both are
// empty.
func Merged(base, over map[string]string) map[string]string {
	if len(base)+len(over) == 0 {
		return nil
	}
	m := maps.Clone(base)
	if m == nil {
		m = map[string]string{}
	}
	maps.Copy(m, over)
	return m
}

// Without is base less the names in gone.
func Without(base, gone map[string]string) map[string]string {
	m := maps.Clone(base)
	maps.DeleteFunc(m, func(name, _ string) bool { _, found := gone[name]; return found })
	return m
}
