package cmdutil

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pacific-aci/pacific/internal/readfile"
)

// IsID tells a subscription's id from its name.
func IsID(text string) bool {
	ok, _ := regexp.MatchString(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`, text)
	return ok
}

// azConfigDir is the folder of az's own files, "" where nothing says so.
func azConfigDir(lookup func(string) (string, bool)) string {
	if dir, _ := lookup("AZURE_CONFIG_DIR"); dir != "" {
		return dir
	}
	home, _ := lookup("HOME")
	if home == "" {
		home, _ = lookup("USERPROFILE")
	}
	if home == "" {
		return ""
	}
	return filepath.Join(home, ".azure")
}

// AzDefaultSubscription is the id of the subscription that `az account set` chose, "" for none.
func (a *App) AzDefaultSubscription() string { return azDefaultSubscription(a.Env.LookupEnv) }

// AzDefaultLocation is the region that `az config set defaults.location=…` chose, "" for none. az's variable wins over its
// file, as everywhere in az.
func (a *App) AzDefaultLocation() string {
	if value, _ := a.Env.LookupEnv("AZURE_DEFAULTS_LOCATION"); value != "" {
		return value
	}
	dir := azConfigDir(a.Env.LookupEnv)
	if dir == "" {
		return ""
	}
	text, err := readfile.Read(filepath.Join(dir, "config"))
	if err != nil {
		return ""
	}
	return iniValue(string(text), "defaults", "location")
}

// iniValue finds a value in a file as Python's configparser reads it: keys in any case, = or :, comments at the beginning of
// a line. The last one of a key counts.
func iniValue(text, section, key string) string {
	found, in := "", false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#' || line[0] == ';':
		case line[0] == '[':
			in = strings.Trim(line, "[]") == section
		case in:
			if at := strings.IndexAny(line, "=:"); at > 0 && strings.EqualFold(strings.TrimSpace(line[:at]), key) {
				found = strings.TrimSpace(line[at+1:])
			}
		}
	}
	return found
}

// azDefaultSubscription is the subscription that `az account set` chose, "" if
// az was never signed in. It reads az's own file rather than start az, which
// takes a second.
func azDefaultSubscription(lookup func(string) (string, bool)) string {
	dir := azConfigDir(lookup)
	if dir == "" {
		return ""
	}
	text, err := readfile.Read(filepath.Join(dir, "azureProfile.json"))
	if err != nil {
		return ""
	}
	var profile struct {
		Subscriptions []struct {
			ID        string `json:"id"`
			State     string `json:"state"`
			IsDefault bool   `json:"isDefault"`
		} `json:"subscriptions"`
	}
	// az writes the file with a byte order mark.
	if json.Unmarshal(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), &profile) != nil {
		return ""
	}
	for _, s := range profile.Subscriptions {
		if s.IsDefault && IsID(s.ID) {
			return s.ID
		}
	}
	return ""
}
