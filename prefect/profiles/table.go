package profiles

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// settingsTable lists every setting of Prefect 3.9.1 and 2.20.27, so that Pacific takes and refuses the names that
// Prefect's own command line takes and refuses, and knows which values are secret.
//
//go:embed settings.tsv
var settingsTable string

// SettingKind is the sort of value that a setting takes.
type SettingKind string

// The kinds of settings. Lists are comma-separated, maps are JSON, seconds are a number of them.
const (
	KindString  SettingKind = "string"
	KindSecret  SettingKind = "secret"
	KindBool    SettingKind = "bool"
	KindInt     SettingKind = "int"
	KindFloat   SettingKind = "float"
	KindSeconds SettingKind = "seconds"
	KindPath    SettingKind = "path"
	KindList    SettingKind = "list"
	KindMap     SettingKind = "map"
	KindAny     SettingKind = "any"
)

// A Setting is one that Prefect knows.
type Setting struct {
	// Name is Prefect 3.9's own, such as PREFECT_API_URL, or 2.20's where 3.9 dropped it.
	Name string
	// Aliases are older names that are still read, weakest last.
	Aliases []string
	// Key is where the setting stands in prefect.toml, such as "api.url". Empty for those that only 2.20 knows.
	Key string
	// Kind is the sort of its value.
	Kind SettingKind
	// Default is what holds when it is set nowhere. Empty: nothing, or worked out by Prefect.
	Default string
	// Name2 is the name that Prefect 2.20 knows. Empty: none.
	Name2 string
}

// Secret reports whether the value must not be shown. Custom headers count: they carry credentials.
func (s Setting) Secret() bool {
	return s.Kind == KindSecret || s.Name == "PREFECT_CLIENT_CUSTOM_HEADERS"
}

// InProfile reports whether a profile may have the setting: not those that say where the profiles are.
func (s Setting) InProfile() bool {
	return s.Name != "PREFECT_HOME" && s.Name != "PREFECT_PROFILES_PATH"
}

// names lists Name and Aliases, strongest first.
func (s Setting) names() []string { return append([]string{s.Name}, s.Aliases...) }

// KnownSettings lists every setting of Prefect 3.9.1 and 2.20.27, in the order of Prefect's own models.
func KnownSettings() []Setting { return slices.Clone(known()) }

// known reads the table when it is first needed.
var known = sync.OnceValue(parseTable)

func parseTable() []Setting {
	var list []Setting
	for line := range strings.Lines(settingsTable) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		column := strings.Split(line, "\t")
		s := Setting{Kind: SettingKind(column[1]), Default: column[2]}
		if column[0] != "-" {
			s.Key = column[0]
		}
		for i, name := range strings.Fields(column[3]) {
			name, old := strings.CutSuffix(name, "*")
			if old {
				s.Name2 = name
			}
			if i == 0 {
				s.Name = name
			} else {
				s.Aliases = append(s.Aliases, name)
			}
		}
		list = append(list, s)
	}
	return list
}

// FindSetting finds a setting by its name or by an older one, and gives false for a name that Prefect does not know.
func FindSetting(name string) (Setting, bool) { return findSetting(known(), name) }

func findSetting(list []Setting, name string) (Setting, bool) {
	i := slices.IndexFunc(list, func(s Setting) bool { return s.Name == name || slices.Contains(s.Aliases, name) })
	if i < 0 {
		return Setting{}, false
	}
	return list[i], true
}
