//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

type settingsFacts struct {
	Profile     string
	Environment map[string]string
	Names       map[string][]string
	Secrets     []string
	Keys        map[string]string
}

// TestPrefectSettingNames holds our table of settings against Prefect's own.
func TestPrefectSettingNames(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			got := facts[settingsFacts](t, newWorld(t), python, "settings", nil)
			for name, names := range got.Names {
				for _, alias := range names {
					ours, ok := profiles.FindSetting(alias)
					switch {
					case !ok:
						t.Errorf("%s is not in our table", alias)
					case major == 2 && ours.Name2 != alias:
						t.Errorf("%s: our table has %q as Prefect 2's name", alias, ours.Name2)
					case major == 3 && (ours.Name != name || ours.Key != got.Keys[name]):
						t.Errorf("%s is %s (%s) to us, and %s (%s) to Prefect", alias, ours.Name, ours.Key, name, got.Keys[name])
					case slices.Contains(got.Secrets, name) && !ours.Secret():
						t.Errorf("%s is a secret to Prefect and none to us", name)
					}
				}
			}
			for _, ours := range profiles.KnownSettings() {
				if _, ok := got.Names[ours.Name]; major == 3 && ours.Key != "" && !ok {
					t.Errorf("%s is not a setting of Prefect 3", ours.Name)
				}
			}
		})
	}
}

// settingsWorlds are folders and environments with settings in them. Those for Prefect 3 alone have files that 2 does not
// read.
func settingsWorlds() []struct {
	name       string
	only3      bool
	env, files map[string]string
	profiles   string
} {
	const two = `active = "one"
[profiles.one]
PREFECT_API_URL = "http://profile/api"
PREFECT_CLIENT_MAX_RETRIES = 3
PREFECT_API_REQUEST_TIMEOUT = 12
PREFECT_DEBUG_MODE = false
PREFECT_DEFAULT_WORK_POOL_NAME = "old name"
[profiles.two]
PREFECT_API_KEY = "pnu_two"
`
	return []struct {
		name       string
		only3      bool
		env, files map[string]string
		profiles   string
	}{
		{name: "nothing"},
		{name: "environment", env: map[string]string{"PREFECT_API_URL": "http://env/api", "PREFECT_API_KEY": "k", "PREFECT_CLIENT_MAX_RETRIES": "0",
			"PREFECT_API_REQUEST_TIMEOUT": "30", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY": "yes", "PREFECT_CLIENT_RETRY_JITTER_FACTOR": "0"}},
		{name: "profile", profiles: two},
		{name: "profile of the environment", profiles: two, env: map[string]string{"PREFECT_PROFILE": "two"}},
		{name: "environment over profile", profiles: two, env: map[string]string{"PREFECT_API_URL": "http://env/api", "PREFECT_CLIENT_MAX_RETRIES": "7"}},
		{name: "unknown profile", only3: true, profiles: two, env: map[string]string{"PREFECT_PROFILE": "three"}},
		{name: "no active profile", only3: true, profiles: strings.Replace(two, `active = "one"`, "", 1)},
		{name: "home", profiles: two, env: map[string]string{"PREFECT_HOME": "HOME/.prefect"}},
		{name: "path", profiles: two, env: map[string]string{"PREFECT_PROFILES_PATH": "HOME/.prefect/profiles.toml"}},
		{name: "older names", only3: true, env: map[string]string{"PREFECT_DEFAULT_WORK_POOL_NAME": "p", "PREFECT_CLIENT_ENABLE_METRICS": "1",
			"PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE": "old", "PREFECT_DEPLOYMENTS_DEFAULT_DOCKER_BUILD_NAMESPACE": "new"}},
		{name: "older name over profile", only3: true, profiles: two, env: map[string]string{"PREFECT_DEFAULT_WORK_POOL_NAME": "env"}},
		{name: "newer name over profile", only3: true, profiles: two, env: map[string]string{"PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME": "env"}},
		{name: "empty", env: map[string]string{"PREFECT_API_URL": ""}, profiles: two},
		{name: "dotenv", only3: true, profiles: two, env: map[string]string{"PREFECT_API_KEY": "env", "HOST": "from-env"}, files: map[string]string{".env": `
# a comment
export PREFECT_API_URL="http://${HOST}/api"   # another
PREFECT_API_KEY=dotenv
PREFECT_UI_URL='http://ui/$HOST' 
PREFECT_CLOUD_API_URL=http://c # comment
PREFECT_CLOUD_UI_URL = "a\"b\\c"
PREFECT_LOGGING_LEVEL=DEBUG
NONSENSE LINE
PREFECT_RESULTS_DEFAULT_STORAGE_BLOCK=x#y
PREFECT_DEFAULT_WORK_POOL_NAME=${NOBODY:-default}
`}},
		{name: "dotenv names the profiles", only3: true, files: map[string]string{".env": "PREFECT_PROFILES_PATH=HOME/other.toml",
			"HOME/other.toml": "active = \"x\"\n[profiles.x]\nPREFECT_API_URL = \"http://other/api\"\n"}},
		{name: "prefect.toml", only3: true, profiles: two, files: map[string]string{"prefect.toml": `
[api]
url = "http://file/api"
request_timeout = 5
[client]
max_retries = 2
csrf_support_enabled = false
[client.custom_headers]
X-A = "b"
[deployments]
default_work_pool_name = "file"
`}},
		{name: "pyproject.toml", only3: true, profiles: two, files: map[string]string{"pyproject.toml": `
[project]
name = "x"
[tool.prefect]
debug_mode = true
[tool.prefect.api]
url = "http://pyproject/api"
key = "project key"
`, "prefect.toml": "api.key = \"file key\"\n"}},
		{name: "prefect.toml names the profiles", only3: true, files: map[string]string{"prefect.toml": `profiles_path = "HOME/other.toml"`,
			"HOME/other.toml": "active = \"x\"\n[profiles.x]\nPREFECT_API_URL = \"http://other/api\"\n"}},
		{name: "every place", only3: true, profiles: two, env: map[string]string{"PREFECT_API_KEY": "env"}, files: map[string]string{
			".env": "PREFECT_API_URL=http://dotenv/api\n", "prefect.toml": "[api]\nkey = \"file\"\nurl = \"http://file/api\"\nrequest_timeout = 7.5\n",
			"pyproject.toml": "[tool.prefect.client]\nmax_retries = 9\n[tool.prefect.api]\nrequest_timeout = 8.5\n"}},
	}
}

// TestPrefectSettings asks Prefect's own code and ours which settings are set, and to what, in many different worlds.
func TestPrefectSettings(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		for _, c := range settingsWorlds() {
			if c.only3 && major == 2 {
				continue
			}
			t.Run(fmt.Sprint(major, " ", c.name), func(t *testing.T) {
				t.Parallel()
				w := newWorld(t)
				home := func(text string) string { return strings.ReplaceAll(text, "HOME/", w.home+"/") }
				for name, value := range c.env {
					w.env[name] = home(value)
				}
				for name, text := range c.files {
					path := home(name)
					if !filepath.IsAbs(path) {
						path = filepath.Join(w.dir, path)
					}
					w.write(t, path, home(text))
				}
				if c.profiles != "" {
					w.write(t, w.profiles(), c.profiles)
				}
				compareSettings(t, w, python, major)
			})
		}
	}
}

func compareSettings(t *testing.T, w world, python string, major int) {
	t.Helper()
	theirs := facts[settingsFacts](t, w, python, "settings", nil)
	ours, err := profiles.LoadSettings(profiles.Source{Dir: w.dir, Home: w.home, LookupEnv: func(name string) (string, bool) {
		value, ok := w.env[name]
		return value, ok
	}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name, value := range ours.Environment() {
		if setting, _ := profiles.FindSetting(name); major == 2 {
			if name = setting.Name2; name == "" {
				continue // 2 does not know it
			}
		}
		got[name] = value
	}
	for _, values := range []map[string]string{got, theirs.Environment} {
		delete(values, "PREFECT_PROFILES_PATH") // Prefect 2 always says it, the others only where it is set
		for name, value := range values {
			var m map[string]any
			if json.Unmarshal([]byte(value), &m) == nil {
				values[name] = fmt.Sprint(m)
			}
		}
	}
	if diff := cmp.Diff(theirs.Environment, got); diff != "" {
		t.Errorf("-Prefect +ours:\n%s", diff)
	}
	if ours.Profile != theirs.Profile && !(major == 2 && theirs.Profile == "default") {
		t.Errorf("profile %q, Prefect uses %q", ours.Profile, theirs.Profile)
	}
}
