package profiles

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// Origin is the kind of place that a setting's value comes from.
type Origin string

// The places where Prefect looks, strongest first. 2.20 itself knows only the environment and the profile.
const (
	OriginGiven       Origin = "given" // by the caller, such as a flag of the command line
	OriginEnvironment Origin = "environment"
	OriginDotenv      Origin = ".env"
	OriginPrefectTOML Origin = "prefect.toml"
	OriginPyproject   Origin = "pyproject.toml"
	OriginProfile     Origin = "profile"
	OriginDefault     Origin = "default"
)

// Source says where to look for Prefect's settings. The zero value finds only defaults.
type Source struct {
	// LookupEnv reads the environment. nil: nothing is set there.
	LookupEnv func(string) (string, bool)
	// Names are the names of the environment's variables, among which those that Prefect does not know are looked for.
	// nil: none are.
	Names []string
	// Dir is the folder whose .env, prefect.toml and pyproject.toml are read. Empty: the working folder.
	Dir string
	// Home is the user's home folder, for ~/.prefect. Empty: HOME, or USERPROFILE, of the environment.
	Home string
	// Profile is the profile to use, as `prefect --profile` gives it. Empty: PREFECT_PROFILE, else the active one.
	Profile string
	// Given holds values that win over every other place, by name.
	Given map[string]string
}

// lookup reads the environment.
func (s Source) lookup(name string) (string, bool) {
	if s.LookupEnv == nil {
		return "", false
	}
	return s.LookupEnv(name)
}

// env is a variable's value, or nothing.
func (s Source) env(name string) string {
	value, _ := s.lookup(name)
	return value
}

// path makes a path absolute as Prefect means it: ~ is the home folder, all else is in Dir.
func (s Source) path(p string) string {
	if p == "~" || strings.HasPrefix(p, "~/") || strings.HasPrefix(p, `~\`) {
		return filepath.Join(s.home(), p[1:])
	}
	if filepath.IsAbs(p) {
		return p
	}
	return filepath.Join(s.Dir, p)
}

func (s Source) home() string { return cmp.Or(s.Home, s.env("HOME"), s.env("USERPROFILE")) }

// prefectHome is Prefect's own folder.
func (s Source) prefectHome() string {
	return s.path(cmp.Or(s.env("PREFECT_HOME"), "~/.prefect"))
}

// A SettingValue is a setting with what it is now and where that came from.
type SettingValue struct {
	Setting
	// Value is as it was written and never masked: print [SettingValue.Shown]. In the environment an empty value counts
	// as set, as it does for Prefect.
	Value string
	// Origin is the kind of place, Place the exact one: PREFECT_API_URL, prefect.toml: api.url, profile local.
	Origin Origin
	Place  string
}

// Where names the place in words: the environment (with the variable's name if that is another than the setting's), profile
// local. Nothing for a value that came from nowhere.
func (v SettingValue) Where() string {
	if v.Origin == OriginEnvironment && v.Place == v.Name {
		return "the environment"
	}
	if v.Origin == OriginEnvironment || v.Origin == OriginGiven {
		return string(v.Origin) + " " + v.Place
	}
	return v.Place
}

// Shown is the value as it may be printed: secrets, and passwords in URLs, become asterisks.
func (v SettingValue) Shown() string {
	if v.Secret() {
		return prefect.SecretStr(v.Value).String()
	}
	return hidePassword(v.Value)
}

// hidePassword masks the password of a URL, such as a database's, and leaves everything else.
func hidePassword(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	if !strings.Contains(text, "://") {
		// An address whose scheme was forgotten: what stands before the last @ may be a password.
		if user, rest, found := strings.Cut(text[:strings.LastIndex(text, "@")], ":"); found && rest != "" {
			return user + ":" + prefect.SecretMask + text[strings.LastIndex(text, "@"):]
		}
		return text
	}
	u, err := url.Parse(text)
	if err != nil {
		return prefect.SecretMask // it may hold a password, and we cannot tell where
	}
	if u.User == nil {
		return text
	}
	if _, ok := u.User.Password(); !ok {
		return text
	}
	before, rest, _ := strings.Cut(text, "://")
	return before + "://" + url.User(u.User.Username()).String() + ":" + prefect.SecretMask + rest[strings.LastIndex(rest[:authority(rest)], "@"):]
}

// authority is the length of the part of a URL before its path.
func authority(rest string) int {
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		return i
	}
	return len(rest)
}

// Settings are Prefect's settings as they hold in one place and for one profile. Make them with [LoadSettings].
type Settings struct {
	// Profile is the name of the profile in use, ProfilePlace what chose it: --profile, PREFECT_PROFILE or the file.
	Profile, ProfilePlace string
	// ProfilesPath is the file of the profiles, which need not exist.
	ProfilesPath string
	// Warnings are about things that Prefect too only warns of, one line each.
	Warnings []string
	// Unknown are the names in the environment, in .env and in the profile that look like Prefect's settings and are none. Each
	// has a line in Warnings; nothing drops or changes them.
	Unknown []string
	// Missing is the profile that was to be used and does not exist. Empty: it does.
	Missing string

	source Source
	known  []Setting
	layers []layer
}

// layer is one place where values come from.
type layer struct {
	origin Origin
	find   func(Setting) (value, place string, ok bool)
}

// LoadSettings reads Prefect's settings with the precedence of 3.x: what is given, the environment, .env, prefect.toml,
// pyproject.toml, the profile, the default. Within a place a setting's own name wins over its older ones.
//
// Values are checked when they are asked for. The errors are about files that cannot be read or are no TOML, and
// [*UnknownProfileError] for a profile that was asked for by name.
func LoadSettings(src Source) (*Settings, error) {
	s := &Settings{source: src, known: known()}
	s.layers = []layer{named(OriginGiven, func(name string) (string, string, bool) {
		value, ok := src.Given[name]
		return value, name, ok
	}), named(OriginEnvironment, func(name string) (string, string, bool) {
		value, ok := src.lookup(name)
		return value, name, ok
	})}
	dotenv, err := readDotenv(src)
	if err != nil {
		return nil, err
	}
	s.layers = append(s.layers, named(OriginDotenv, func(name string) (string, string, bool) {
		value, ok := dotenv[name]
		return value, ".env: " + name, ok
	}))
	prefectTOML, err := readTOML(src, string(OriginPrefectTOML))
	if err != nil {
		return nil, err
	}
	pyproject, err := readTOML(src, string(OriginPyproject), "tool", "prefect")
	if err != nil {
		return nil, err
	}
	s.layers = append(s.layers, tomlLayer(OriginPrefectTOML, prefectTOML), tomlLayer(OriginPyproject, pyproject))
	s.ProfilesPath = profilesPath(src, dotenv, prefectTOML, pyproject)
	if err := s.addProfile(); err != nil {
		return nil, err
	}
	s.warnOfUnknown("the environment", src.Names)
	s.warnOfUnknown(".env", slices.Sorted(maps.Keys(dotenv)))
	s.Warnings = append(s.Warnings, misconfigured(s.Value("PREFECT_API_URL"))...)
	return s, nil
}

// named is a layer that is asked by a setting's names, its own first.
func named(origin Origin, find func(name string) (value, place string, ok bool)) layer {
	return layer{origin, func(s Setting) (string, string, bool) {
		for _, name := range s.names() {
			if value, place, ok := find(name); ok {
				return value, place, true
			}
		}
		return "", "", false
	}}
}

// profilesPath follows Prefect's own search. Only the environment's PREFECT_HOME counts here, as there.
func profilesPath(src Source, dotenv map[string]string, tables ...map[string]any) string {
	found := cmp.Or(src.Given["PREFECT_PROFILES_PATH"], src.env("PREFECT_PROFILES_PATH"), dotenv["PREFECT_PROFILES_PATH"])
	for _, table := range tables {
		if path, ok := table["profiles_path"].(string); ok && found == "" {
			found = path
		}
	}
	if found == "" {
		return filepath.Join(src.prefectHome(), "profiles.toml")
	}
	for _, form := range []string{"${PREFECT_HOME}", "$PREFECT_HOME"} {
		found = strings.ReplaceAll(found, form, src.prefectHome())
	}
	return src.path(found)
}

// addProfile finds the profile in use and makes its settings the last layer.
func (s *Settings) addProfile() error {
	profiles, err := Read(s.ProfilesPath)
	if err != nil {
		return err
	}
	s.Profile, s.ProfilePlace = profiles.Active, "active in "+s.ProfilesPath
	if !profiles.exists {
		s.ProfilePlace = "Prefect's default, because there is no " + s.ProfilesPath
	}
	if name := s.source.env("PREFECT_PROFILE"); name != "" {
		s.Profile, s.ProfilePlace = name, "PREFECT_PROFILE"
	}
	if s.source.Profile != "" {
		s.Profile, s.ProfilePlace = s.source.Profile, "--profile"
	}
	profile, ok := profiles.Profile(s.Profile)
	if !ok && s.source.Profile != "" {
		return &UnknownProfileError{Name: s.Profile, Path: s.ProfilesPath, Known: profiles.Names()}
	}
	if !ok {
		s.Missing = s.Profile
		s.Warnings = append(s.Warnings, fmt.Sprintf("profile %q (%s) does not exist: %q is used instead", s.Profile, s.ProfilePlace, defaultProfile))
		s.Profile, s.ProfilePlace = defaultProfile, "Prefect's own default"
		profile, _ = findProfile(packagedProfiles, defaultProfile)
	}
	for _, entry := range profile.Settings {
		if _, ok := findSetting(s.known, entry.Name); !ok {
			s.addUnknown(fmt.Sprintf("profile %q", profile.Name), entry.Name)
		}
	}
	s.layers = append(s.layers, named(OriginProfile, func(name string) (string, string, bool) {
		value, ok := profile.Value(name)
		return value, "profile " + profile.Name, ok
	}))
	return nil
}

// Value gives a setting by its name or an older one. A name that Prefect does not know is looked for as it is, without a
// default.
func (s *Settings) Value(name string) SettingValue {
	setting, ok := findSetting(s.known, name)
	if !ok {
		setting = Setting{Name: name, Kind: KindAny}
	}
	return s.resolve(setting)
}

func (s *Settings) resolve(setting Setting) SettingValue {
	for _, layer := range s.layers {
		if value, place, ok := layer.find(setting); ok {
			return SettingValue{Setting: setting, Value: value, Origin: layer.origin, Place: place}
		}
	}
	return SettingValue{Setting: setting, Value: setting.Default, Origin: OriginDefault, Place: "default"}
}

// Values lists every setting that Prefect knows, with its value; those that are set nowhere have [OriginDefault].
func (s *Settings) Values() []SettingValue {
	values := make([]SettingValue, len(s.known))
	for i, setting := range s.known {
		values[i] = s.resolve(setting)
	}
	return values
}

// misconfigured finds the usual mistakes in an address, as Prefect does.
func misconfigured(v SettingValue) []string {
	wrong := mistakes(v.Value)
	if len(wrong) == 0 && LacksAPI(v.Value) {
		wrong = append(wrong, "does not end in /api, as the address of a Prefect server does")
	}
	for i, what := range wrong {
		wrong[i] = fmt.Sprintf("PREFECT_API_URL (%s) %s", v.Where(), what)
	}
	return wrong
}

// mistakes are the usual ones in an address of Prefect Cloud.
func mistakes(address string) []string {
	var found []string
	for _, mistake := range []struct{ part, want string }{
		{"app.prefect.cloud", "names the web pages of Prefect Cloud: use api.prefect.cloud"},
		{"account/", "has /account/ in it: use /accounts/"},
		{"workspace/", "has /workspace/ in it: use /workspaces/"},
	} {
		if strings.Contains(address, mistake.part) {
			found = append(found, mistake.want)
		}
	}
	return found
}

// Mistake says why an address cannot be that of a Prefect API, as a predicate; empty if it can. It repeats nothing of the
// address, which may hold a password.
func Mistake(address string) string {
	switch {
	case !isHTTP(address):
		return "is not an http or https address"
	case strings.Contains(address, "prefect.cloud"):
		return strings.Join(mistakes(address), "; ")
	}
	return ""
}

// LacksAPI reports whether an address has not the /api at its end that the API of every Prefect server has. Prefect Cloud's
// addresses end in a workspace.
func LacksAPI(address string) bool {
	u, err := url.Parse(address)
	return err == nil && isHTTP(address) && !strings.HasSuffix(strings.TrimRight(u.Path, "/"), "/api") && !strings.Contains(u.Path, "/workspaces/")
}
