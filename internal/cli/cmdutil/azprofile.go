package cmdutil

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
)

// IsID tells a subscription's id from its name.
func IsID(text string) bool {
	ok, _ := regexp.MatchString(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`, text)
	return ok
}

// azDefaultSubscription is the subscription that `az account set` chose, "" if
// az was never signed in. It reads az's own file rather than start az, which
// takes a second.
func azDefaultSubscription(lookup func(string) (string, bool)) string {
	dir, _ := lookup("AZURE_CONFIG_DIR")
	if dir == "" {
		home, _ := lookup("HOME")
		if home == "" {
			home, _ = lookup("USERPROFILE")
		}
		if home == "" {
			return ""
		}
		dir = filepath.Join(home, ".azure")
	}
	text, err := os.ReadFile(filepath.Join(dir, "azureProfile.json"))
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
