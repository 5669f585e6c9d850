package profiles

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/BurntSushi/toml"

	"github.com/pacific-aci/pacific/internal/link"
	"github.com/pacific-aci/pacific/internal/readfile"
)

// ErrChanged is [File.Save]'s answer when somebody else wrote the file meanwhile. [Update] reads it
// again and repeats the change.
var ErrChanged = errors.New("the profiles changed on disk since they were read: read them again")

// Update reads the file, lets change edit it, and writes it, again if it was written by somebody else meanwhile.
// A change that makes no difference writes nothing. Other processes that call it for the same file wait meanwhile.
func Update(path string, change func(*File) error) error {
	defer lockProfiles(path)()
	for range 5 {
		p, err := Read(path)
		if err != nil {
			return err
		}
		if err := change(p); err != nil {
			return err
		}
		if err = p.Save(); !errors.Is(err, ErrChanged) {
			return err
		}
	}
	return fmt.Errorf("writing %s: %w", path, ErrChanged)
}

// Use makes a profile the active one. One that Prefect brings along is written into the file as well, because Prefect
// itself takes the values of an active profile from the file alone.
func (p *File) Use(name string) error {
	profile, ok := p.Profile(name)
	if !ok {
		return &UnknownProfileError{Name: name, Path: p.Path, Known: p.Names()}
	}
	if profile.Packaged {
		if err := p.unpack(profile); err != nil {
			return err
		}
	}
	return p.setValue([]string{"active"}, name)
}

// Create adds an empty profile. The name must be new.
func (p *File) Create(name string) error {
	if name == "" || !utf8.ValidString(name) {
		return errors.New("a profile needs a name")
	}
	if profile, ok := p.Profile(name); ok && !profile.Packaged {
		return fmt.Errorf("profile %q already exists in %s: choose another name", name, p.Path)
	}
	return p.edit(func(e *tomlEdit) string { return e.table([]string{"profiles", name}) },
		func(root map[string]any) { setPath(root, map[string]any{}, "profiles", name) })
}

// Set gives a setting a value in a profile, which is created when the file does not have it. The setting may be named by
// an older name; it is written under one name, and the others are taken out of the profile, as Prefect does.
//
// The errors are [*InvalidSettingError] for a name that Prefect does not know, that no profile may set, or a value that is
// not of its kind.
func (p *File) Set(profile, name, value string) error {
	setting, err := profileSetting(name)
	if err != nil {
		return err
	}
	if err := checkWritten(SettingValue{Setting: setting, Value: value, Place: "profile " + profile}); err != nil {
		return err
	}
	if err := p.ensure(profile); err != nil {
		return err
	}
	write := setting.Name
	if p.Prefect2 {
		write = cmp.Or(setting.Name2, setting.Name)
	}
	for _, other := range setting.names() {
		if other != write {
			if err := p.remove(profile, other); err != nil {
				return err
			}
		}
	}
	if err := p.setValue([]string{"profiles", profile, write}, value); err != nil {
		return err
	}
	return p.forget(profile, setting, value)
}

// forget takes out of a profile of Prefect's, which was not in the file before, the setting that lets Prefect 3 start a server
// of its own, where that has lost its meaning or the profile is Prefect 2.20's.
func (p *File) forget(profile string, set Setting, value string) error {
	switch {
	case !p.unpacked[profile]:
		return nil
	case set.Name == ephemeralSetting:
		delete(p.unpacked, profile) // it was asked for
		return nil
	case p.Prefect2 || set.Name == "PREFECT_API_URL" && value != "":
		return p.remove(profile, ephemeralSetting)
	}
	return nil
}

// Unset takes a setting out of a profile, under whichever of its names it is there. The error says that it is not.
func (p *File) Unset(profile, name string) error {
	from, ok := p.Profile(profile)
	if !ok {
		return &UnknownProfileError{Name: profile, Path: p.Path, Known: p.Names()}
	}
	names := []string{name}
	if setting, ok := FindSetting(name); ok {
		names = setting.names()
	}
	present := slices.DeleteFunc(names, func(name string) bool { _, ok := from.Value(name); return !ok })
	if len(present) == 0 {
		return fmt.Errorf("profile %q does not set %s: there is nothing to unset", profile, name)
	}
	if err := p.ensure(profile); err != nil {
		return err
	}
	for _, name := range present {
		if err := p.remove(profile, name); err != nil {
			return err
		}
	}
	return nil
}

// profileSetting finds a setting that a profile may have.
func profileSetting(name string) (Setting, error) {
	setting, ok := FindSetting(name)
	switch {
	case !ok:
		return setting, &InvalidSettingError{Name: name, Want: "a name that Prefect knows, such as PREFECT_API_URL"}
	case !setting.InProfile():
		return setting, &InvalidSettingError{Name: name, Want: "to be set in the environment: it says where the profiles are"}
	}
	return setting, nil
}

// ensure makes sure that the file has the profile, with Prefect's settings if it is one of those that it brings along. Where the
// file names no active profile, Prefect 3 takes its own default one without a look at what the file has under that name.
func (p *File) ensure(name string) error {
	profile, ok := p.Profile(name)
	var err error
	switch {
	case !ok:
		err = p.Create(name)
	case profile.Packaged:
		err = p.unpack(profile)
	}
	if err == nil && name == p.Active && !p.namesActive {
		err = p.setValue([]string{"active"}, name)
	}
	return err
}

func (p *File) unpack(profile Profile) error {
	if err := p.Create(profile.Name); err != nil {
		return err
	}
	for _, s := range profile.Settings {
		setting, _ := FindSetting(s.Name)
		if err := p.setValue([]string{"profiles", profile.Name, cmp.Or(setting.Name2, s.Name)}, s.Value); err != nil {
			return err
		}
	}
	if p.unpacked == nil {
		p.unpacked = map[string]bool{}
	}
	p.unpacked[profile.Name] = true
	return nil
}

func (p *File) setValue(path []string, value string) error {
	if !utf8.ValidString(value) {
		return fmt.Errorf("writing %s: the value is not UTF-8", path[len(path)-1])
	}
	return p.edit(func(e *tomlEdit) string { return e.set(path, tomlString(value)) },
		func(root map[string]any) { setPath(root, value, path...) })
}

func (p *File) remove(profile, name string) error {
	return p.edit(func(e *tomlEdit) string { return e.unset([]string{"profiles", profile, name}) },
		func(root map[string]any) {
			profiles, _ := root["profiles"].(map[string]any)
			settings, _ := profiles[profile].(map[string]any)
			delete(settings, name)
		})
}

// edit changes the text and proves that it now says what it should: TOML has more forms than an editor of lines may have
// thought of.
func (p *File) edit(change func(*tomlEdit) string, want func(root map[string]any)) error {
	e, err := newTOMLEdit(p.text)
	if err != nil {
		return fmt.Errorf("editing %s: %w", p.Path, err)
	}
	text := change(e)
	expected, got := map[string]any{}, map[string]any{}
	if _, err := toml.Decode(p.text, &expected); err != nil {
		return tomlError("editing "+p.Path, err)
	}
	want(expected)
	if _, err := toml.Decode(text, &got); err != nil || !reflect.DeepEqual(got, expected) {
		return fmt.Errorf("editing %s: it is in a form that cannot be changed safely; write each profile as [profiles.NAME] with NAME = \"value\" lines", p.Path)
	}
	return p.parse(text)
}

// setPath puts a value into nested tables.
func setPath(root map[string]any, value any, path ...string) {
	for _, part := range path[:len(path)-1] {
		table, ok := root[part].(map[string]any)
		if !ok {
			table = map[string]any{}
			root[part] = table
		}
		root = table
	}
	root[path[len(path)-1]] = value
}

// Save writes the file with mode 0600 in one rename; its folder is made when it is missing, and a symbolic link is
// followed. Nothing is written when nothing changed. The error may be [ErrChanged].
func (p *File) Save() error {
	if p.text == p.read {
		return nil
	}
	path, err := link.Target(p.Path)
	if err != nil {
		return fmt.Errorf("writing Prefect's profiles: %w", err)
	}
	now, err := readfile.Read(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing Prefect's profiles: %w", err)
	}
	if string(now) != p.read || (err == nil) != p.exists {
		return ErrChanged
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing Prefect's profiles: %w", err)
	}
	if err := replaceFile(path, p.text); err != nil {
		return fmt.Errorf("writing Prefect's profiles: %w", err)
	}
	p.read, p.exists = p.text, true
	return nil
}

// replaceFile writes a file beside the real one (os.CreateTemp's mode is 0600) and renames it.
func replaceFile(path, text string) (err error) {
	sweep(path)
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	_, err = f.WriteString(text)
	if err = cmp.Or(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// abandoned is the age from which a half-written file must be of somebody who was killed.
const abandoned = time.Minute

// sweep removes what replaceFile left beside a file when it was killed before the rename: it may hold a key.
func sweep(path string) {
	left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".*[0-9]")) // a folder with a bracket in its name keeps them
	for _, name := range left {
		if info, err := os.Lstat(name); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
			_ = os.Remove(name) // somebody else's clean-up, or none: the write goes on
		}
	}
}
