package profiles

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// An InvalidSettingError is a setting that Prefect would not take.
type InvalidSettingError struct {
	// Name is the setting, Place where the value came from in words, such as profile local (empty: it is about the name),
	// Value what it was, masked.
	Name, Place, Value string
	// Want is the right form.
	Want string
}

func (e *InvalidSettingError) Error() string {
	if e.Place == "" {
		return fmt.Sprintf("setting %s: want %s", e.Name, e.Want)
	}
	return fmt.Sprintf("setting %s (%s) is %q: want %s", e.Name, e.Place, e.Value, e.Want)
}

func invalidSetting(v SettingValue, want string) error {
	return &InvalidSettingError{Name: v.Name, Place: v.Where(), Value: v.Shown(), Want: want}
}

// checkSetting reports whether a value is of its setting's kind. Kinds with rules of their own in Prefect pass.
func checkSetting(v SettingValue) error {
	want := ""
	switch v.Kind {
	case KindBool:
		if _, ok := parseBool(v.Value); !ok {
			want = "true or false"
		}
	case KindInt:
		if _, err := strconv.Atoi(strings.TrimSpace(v.Value)); err != nil {
			want = "a whole number"
		}
	case KindFloat, KindSeconds:
		if _, err := strconv.ParseFloat(strings.TrimSpace(v.Value), 64); err != nil {
			want = "a number"
		}
	case KindMap:
		var m map[string]any
		if json.Unmarshal([]byte(v.Value), &m) != nil {
			want = `JSON such as {"NAME": "value"}`
		}
	}
	if want == "" {
		return nil
	}
	return invalidSetting(v, want)
}

// checkWritten is stricter with what we write ourselves: an address that no client can use, and a level with which Prefect 3's
// own command line no longer starts.
func checkWritten(v SettingValue) error {
	want := ""
	switch v.Name {
	case "PREFECT_API_URL":
		if v.Value != "" && !isHTTP(v.Value) {
			want = "an address such as http://127.0.0.1:4200/api"
		}
	case "PREFECT_LOGGING_LEVEL", "PREFECT_INTERNAL_LOGGING_LEVEL", "PREFECT_SERVER_LOGGING_LEVEL", "PREFECT_RUNNER_SERVER_LOG_LEVEL":
		if !slices.Contains([]string{"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"}, strings.ToUpper(v.Value)) {
			want = "DEBUG, INFO, WARNING, ERROR or CRITICAL"
		}
	}
	if want == "" {
		return checkSetting(v)
	}
	return invalidSetting(v, want)
}

// parseBool reads what Prefect reads as true or false.
func parseBool(text string) (value, ok bool) {
	switch strings.ToLower(text) {
	case "1", "true", "t", "yes", "y", "on":
		return true, true
	case "0", "false", "f", "no", "n", "off":
		return false, true
	}
	return false, false
}

// isHTTP reports whether a client could use the address.
func isHTTP(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && (u.Scheme == "http" || u.Scheme == "https")
}
