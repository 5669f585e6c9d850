package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/pacific-aci/pacific/internal/readfile"
	"github.com/pacific-aci/pacific/prefect"
)

// A Profile is a named set of settings, one of which is active.
type Profile struct {
	// Name is the profile's own.
	Name string
	// Settings are in the order of the file.
	Settings []Entry
	// Packaged is true for a profile that Prefect brings along and the file does not have.
	Packaged bool
}

// A Entry is one line of a profile.
type Entry struct {
	// Name is as it is written, so it may be an older name or one that Prefect does not know.
	Name string
	// Value is never masked: print Shown.
	Value string
}

// Shown is the value as it may be printed: what is secret, or has a name that sounds so, becomes asterisks.
func (s Entry) Shown() string {
	setting, ok := FindSetting(s.Name)
	if !ok && soundsSecret(s.Name) {
		return prefect.SecretStr(s.Value).String()
	}
	return SettingValue{Setting: setting, Value: s.Value}.Shown()
}

// soundsSecret is for names that we do not know: better one hidden too many.
func soundsSecret(name string) bool {
	return slices.ContainsFunc([]string{"KEY", "SECRET", "PASSWORD", "TOKEN", "AUTH", "CREDENTIAL", "CONNECTION", "HEADERS"},
		func(word string) bool { return strings.Contains(strings.ToUpper(name), word) })
}

// Value gives a setting by the name that the file uses.
func (p Profile) Value(name string) (string, bool) {
	i := slices.IndexFunc(p.Settings, func(s Entry) bool { return s.Name == name })
	if i < 0 {
		return "", false
	}
	return p.Settings[i].Value, true
}

// defaultProfile is active where there is no file, and used when the one that was asked for does not exist.
const defaultProfile = "ephemeral"

// ephemeralSetting lets Prefect 3 start a server of its own where no PREFECT_API_URL is set. With one it has no meaning.
const ephemeralSetting = "PREFECT_SERVER_EPHEMERAL_ENABLED"

// packagedProfiles are those that Prefect 3 brings along.
var packagedProfiles = []Profile{
	{Name: defaultProfile, Packaged: true, Settings: []Entry{{ephemeralSetting, "true"}}},
	{Name: "local", Packaged: true, Settings: []Entry{{"PREFECT_API_URL", "http://127.0.0.1:4200/api"}}},
	{Name: "test", Packaged: true, Settings: []Entry{{ephemeralSetting, "true"},
		{"PREFECT_SERVER_DATABASE_CONNECTION_URL", "sqlite+aiosqlite:///:memory:"}}},
	{Name: "cloud", Packaged: true},
}

// findProfile finds a profile by its name.
func findProfile(list []Profile, name string) (Profile, bool) {
	i := slices.IndexFunc(list, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		return Profile{}, false
	}
	return list[i], true
}

// UnknownProfileError is about a profile that was asked for by name and does not exist.
type UnknownProfileError struct {
	// Name was asked for, Path is the file that was read, Known are the profiles that there are.
	Name, Path string
	Known      []string
}

func (e *UnknownProfileError) Error() string {
	return fmt.Sprintf("profile %q is not in %s: use one of %s, or create it", e.Name, e.Path, strings.Join(e.Known, ", "))
}

// File is Prefect's profiles.toml. [File.Use], [File.Set] and [File.Unset] change it in memory, line by
// line, so that comments and everything else stay as they are; [File.Save] writes it. [Update] does it all.
type File struct {
	// Path is the file.
	Path string
	// Active is the profile that the file names as active; Prefect's default, if there is no file or it names none.
	Active string
	// Prefect2 writes the names of settings that Prefect 2.20 knows, which 3.x reads too, and gives a new profile no setting
	// that 2.20 does not know: its command line refuses a file for one such name. False: names of 3.9, as its own does.
	Prefect2 bool

	exists bool
	// namesActive reports whether the file itself says which profile is active.
	namesActive bool
	// unpacked are the profiles that Prefect brings along and that were put into the file since it was read.
	unpacked map[string]bool
	// read is the file as it was found, text as it is to be.
	read, text string
	list       []Profile
}

// Read reads profiles.toml. A file that does not exist has Prefect's own profiles. The errors are about a file
// that cannot be read, or that Prefect could not read either; they name the line and never quote it.
func Read(path string) (*File, error) {
	p := &File{Path: path}
	data, err := readfile.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("reading Prefect's profiles: %w", err)
	default:
		p.exists = true
	}
	p.read = string(data)
	if err := p.parse(p.read); err != nil {
		return nil, err
	}
	return p, nil
}

// parse makes text the file's content.
func (p *File) parse(text string) error {
	var root map[string]any
	meta, err := toml.Decode(text, &root)
	if err != nil {
		return tomlError("reading "+p.Path, err)
	}
	active, profiles := "", map[string]any{}
	if value, ok := root["active"]; ok {
		if active, ok = value.(string); !ok {
			return fmt.Errorf("reading %s: active is not a string: it must be a profile's name in quotes", p.Path)
		}
	}
	if value, ok := root["profiles"]; ok {
		if profiles, ok = value.(map[string]any); !ok {
			return fmt.Errorf("reading %s: profiles is not a table: each profile needs a line [profiles.NAME]", p.Path)
		}
	}
	var list []Profile
	for _, key := range meta.Keys() {
		if len(key) < 2 || key[0] != "profiles" {
			continue
		}
		if _, known := findProfile(list, key[1]); known {
			continue
		}
		settings, ok := profiles[key[1]].(map[string]any)
		if !ok {
			return fmt.Errorf("reading %s: profile %q is not a table: it needs a line [profiles.%s]", p.Path, key[1], tomlKey(key[1]))
		}
		list = append(list, Profile{Name: key[1], Settings: profileSettings(meta.Keys(), key[1], settings)})
	}
	for _, packaged := range packagedProfiles {
		if _, known := findProfile(list, packaged.Name); !known {
			list = append(list, packaged)
		}
	}
	p.namesActive = active != ""
	active = cmp.Or(active, defaultProfile)
	p.Active, p.list, p.text = active, list, text
	return nil
}

// profileSettings puts a profile's table into the order of the file.
func profileSettings(keys []toml.Key, profile string, table map[string]any) []Entry {
	var list []Entry
	for _, key := range keys {
		if len(key) != 3 || key[0] != "profiles" || key[1] != profile {
			continue
		}
		if value, ok := table[key[2]]; ok {
			list = append(list, Entry{Name: key[2], Value: tomlText(value)})
		}
	}
	return list
}

// All lists the file's profiles in its order, then those that Prefect brings along.
func (p *File) All() []Profile { return slices.Clone(p.list) }

// Names lists the names of [File.All].
func (p *File) Names() []string {
	names := make([]string, len(p.list))
	for i, profile := range p.list {
		names[i] = profile.Name
	}
	return names
}

// Profile finds one of [File.All].
func (p *File) Profile(name string) (Profile, bool) {
	return findProfile(p.list, name)
}
