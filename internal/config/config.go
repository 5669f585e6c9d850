// Package config finds Pacific's settings by one rule: a flag wins over the
// environment, the environment over pacific.toml in the working folder, that
// file over the person's own ([UserFile]), and that over the default.
//
// Call [Load] first. [Settings] is the declared table of all there is: the
// command line makes its flags from it, `pacific config` prints it, and the
// documentation lists it, so that the three cannot tell different stories.
package config

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/internal/suggest"
)

// FileName is the settings file that is looked for in the working folder, and in the folder of [UserFile].
const FileName = "pacific.toml"

// Origin says which of the four places a value came from. The zero value is
// the default, the weakest.
type Origin int

// The places a value can come from, weakest first.
const (
	FromDefault Origin = iota
	FromFile
	FromEnvironment
	FromFlag
)

// String names the kind of place in one word, as JSON output shows it.
func (o Origin) String() string {
	return [...]string{"default", "file", "environment", "flag"}[o]
}

// Value is one setting with what it is now and where that came from.
type Value struct {
	Setting Setting
	// Value is never masked here; print Shown.
	Value  string
	Origin Origin
	// Place is the exact place: "--cloud", "PACIFIC_CLOUD",
	// "pacific.toml:3" or "default".
	Place string
}

// Shown is the value as it may be printed: a secret becomes asterisks, whose
// number tells nothing about its length.
func (v Value) Shown() string {
	if v.Setting.Secret && v.Value != "" {
		return "********"
	}
	return v.Value
}

// String is the setting as it may be printed, so that a value that gets into a
// log by itself does not bring a secret along.
func (v Value) String() string { return v.Setting.Name + "=" + v.Shown() }

// Sources is where [Load] looks. The zero value finds only defaults.
type Sources struct {
	// Flag gives the value of a flag that was set on the command line, by the
	// setting's name. Nil: no flags.
	Flag func(name string) (string, bool)
	// LookupEnv reads the environment. Nil: nothing is set. A variable that
	// is set but empty counts as not set: an empty value never overrides, so
	// that `AZURE_SUBSCRIPTION_ID= pacific ps` does what it looks like.
	LookupEnv func(string) (string, bool)
	// Dir is the folder of pacific.toml. Empty: the working folder.
	Dir string
	// NoFile leaves both files unread.
	NoFile bool
}

// Config holds every setting's value. Make it with [Load].
type Config struct {
	values []Value
}

// Load reads all settings. Errors are [*InvalidError] for a value that a
// setting does not allow and [*FileError] for pacific.toml.
func Load(src Sources) (*Config, error) {
	file := map[string]fileValue{}
	if !src.NoFile {
		var err error
		if file, err = readFiles(src); err != nil {
			return nil, err
		}
	}
	c := &Config{}
	for _, s := range table {
		v, err := resolve(s, src, file)
		if err != nil {
			return nil, err
		}
		if !s.allows(v.Value) {
			return nil, &InvalidError{Name: s.Name, Place: v.Place, Value: v.Shown(), Want: s.Allowed}
		}
		c.values = append(c.values, v)
	}
	return c, nil
}

func resolve(s Setting, src Sources, file map[string]fileValue) (Value, error) {
	if src.Flag != nil && s.Flag {
		if got, set := src.Flag(s.Name); set {
			if got == "" {
				return Value{}, &InvalidError{Name: s.Name, Place: "--" + s.Name, Want: s.Allowed}
			}
			return Value{s, got, FromFlag, "--" + s.Name}, nil
		}
	}
	if src.LookupEnv != nil {
		if got, _ := src.LookupEnv(s.Env); got != "" {
			if !utf8.ValidString(got) {
				return Value{}, fmt.Errorf("%s from %s must be valid UTF-8", s.Name, s.Env)
			}
			return Value{s, got, FromEnvironment, s.Env}, nil
		}
	}
	if got, set := file[s.Name]; set {
		return Value{s, got.text, FromFile, fmt.Sprintf("%s:%d", got.file, got.line)}, nil
	}
	return Value{s, s.Default, FromDefault, "default"}, nil
}

// Values lists every setting in the order of [Settings].
func (c *Config) Values() []Value { return slices.Clone(c.values) }

// Get gives a setting's value, "" when it is not set. It panics on a name
// that is not in [Settings]: that is a mistake in Pacific, not in its input.
func (c *Config) Get(name string) string { return c.Value(name).Value }

// Value gives a setting with its origin; names as for [Config.Get].
func (c *Config) Value(name string) Value {
	i := slices.IndexFunc(c.values, func(v Value) bool { return v.Setting.Name == name })
	if i < 0 {
		panic("config: no setting is called " + name)
	}
	return c.values[i]
}

// InvalidError is a value that a setting does not allow.
type InvalidError struct {
	// Name is the setting, Place where the value came from, Value what it
	// was (masked when it is a secret).
	Name, Place, Value string
	// Want lists what is allowed; empty when anything but nothing is.
	Want []string
}

// Error says what is wrong, where the value came from unless that was the flag, and what is allowed.
func (e *InvalidError) Error() string {
	name, from := "--"+e.Name, ""
	if e.Place != name {
		name, from = e.Name, " from "+e.Place
	}
	switch {
	case e.Value == "" && len(e.Want) == 0:
		return fmt.Sprintf("%s%s is empty; give a value or leave it out", name, from)
	case e.Value == "":
		return fmt.Sprintf("%s%s is empty; use %s", name, from, suggest.Or(e.Want))
	}
	return fmt.Sprintf("unknown %s %q%s; use %s", name, e.Value, from, suggest.Or(e.Want))
}

// Hint asks whether an allowed value was meant that is like the given one; "" if none is.
func (e *InvalidError) Hint() string { return suggest.Hint(e.Value, e.Want, "") }
