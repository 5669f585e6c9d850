package profiles_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// place is a home and a working folder with some files; <home> in their texts and names is the home folder.
type place struct {
	home, dir string
	env       map[string]string
}

func newPlace(t *testing.T, env, files map[string]string) place {
	t.Helper()
	p := place{home: t.TempDir(), dir: t.TempDir(), env: map[string]string{}}
	for name, value := range env {
		p.env[name] = strings.ReplaceAll(value, "<home>", p.home)
	}
	for name, text := range files {
		path := strings.ReplaceAll(name, "<home>", p.home)
		if !filepath.IsAbs(path) {
			path = filepath.Join(p.dir, path)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "<home>", p.home)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p place) source() profiles.Source {
	return profiles.Source{Dir: p.dir, Home: p.home, LookupEnv: func(name string) (string, bool) {
		value, ok := p.env[name]
		return value, ok
	}}
}

func (p place) load(t *testing.T) *profiles.Settings {
	t.Helper()
	s, err := profiles.LoadSettings(p.source())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const profilesFile = "<home>/.prefect/profiles.toml"

// TestSettingsPrecedence takes the places away one after the other, from the strongest.
func TestSettingsPrecedence(t *testing.T) {
	env := map[string]string{"PREFECT_API_URL": "http://env"}
	files := map[string]string{
		".env":           "PREFECT_API_URL=http://dotenv",
		"prefect.toml":   "[api]\nurl = \"http://file\"",
		"pyproject.toml": "[tool.prefect.api]\nurl = \"http://project\"",
		profilesFile:     "active = \"p\"\n[profiles.p]\nPREFECT_API_URL = \"http://profile\"",
	}
	check := func(value string, origin profiles.Origin, where string) {
		t.Helper()
		got := newPlace(t, env, files).load(t).Value("PREFECT_API_URL")
		if got.Value != value || got.Origin != origin || got.Place != where {
			t.Errorf("got %q from %s (%s), want %q from %s (%s)", got.Value, got.Origin, got.Place, value, origin, where)
		}
	}
	check("http://env", profiles.OriginEnvironment, "PREFECT_API_URL")
	delete(env, "PREFECT_API_URL")
	check("http://dotenv", profiles.OriginDotenv, ".env: PREFECT_API_URL")
	delete(files, ".env")
	check("http://file", profiles.OriginPrefectTOML, "prefect.toml: api.url")
	delete(files, "prefect.toml")
	check("http://project", profiles.OriginPyproject, "pyproject.toml: api.url")
	delete(files, "pyproject.toml")
	check("http://profile", profiles.OriginProfile, "profile p")
	delete(files, profilesFile)
	check("", profiles.OriginDefault, "default")

	p := newPlace(t, map[string]string{"PREFECT_API_URL": "http://env"}, nil)
	source := p.source()
	source.Given = map[string]string{"PREFECT_API_URL": "http://flag"}
	s, err := profiles.LoadSettings(source)
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Value("PREFECT_API_URL"); got.Value != "http://flag" || got.Origin != profiles.OriginGiven {
		t.Errorf("got %+v, want what was given", got)
	}
}

func TestSettingsOlderNames(t *testing.T) {
	const newer, older = "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME", "PREFECT_DEFAULT_WORK_POOL_NAME"
	for _, test := range []struct {
		name       string
		env, files map[string]string
		want       string
	}{
		{"older alone", map[string]string{older: "old"}, nil, "old"},
		{"both", map[string]string{older: "old", newer: "new"}, nil, "new"},
		{"the stronger place wins over the newer name", map[string]string{older: "old"}, map[string]string{profilesFile: "active='p'\n[profiles.p]\n" + newer + "='new'"}, "old"},
		{"in a profile", nil, map[string]string{profilesFile: "active='p'\n[profiles.p]\n" + older + "='old'"}, "old"},
		{"names mean nothing in prefect.toml", nil, map[string]string{"prefect.toml": newer + " = 'x'"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newPlace(t, test.env, test.files).load(t)
			for _, name := range []string{newer, older} {
				if got := s.Text(name); got != test.want {
					t.Errorf("%s is %q, want %q", name, got, test.want)
				}
			}
		})
	}
}

const twoProfiles = `active = "one"
[profiles.one]
PREFECT_API_URL = "http://one/api"
[profiles.two]
PREFECT_API_URL = "http://two/api"
`

func TestSettingsProfile(t *testing.T) {
	for _, test := range []struct {
		name, flag     string
		env, files     map[string]string
		profile, url   string
		place, warning string
	}{
		{name: "no file", profile: "ephemeral", place: "no <home>"},
		{name: "active", files: map[string]string{profilesFile: twoProfiles}, profile: "one", url: "http://one/api", place: "active in <home>"},
		{name: "environment", env: map[string]string{"PREFECT_PROFILE": "two"}, files: map[string]string{profilesFile: twoProfiles}, profile: "two", url: "http://two/api", place: "PREFECT_PROFILE"},
		{name: "flag", flag: "one", env: map[string]string{"PREFECT_PROFILE": "two"}, files: map[string]string{profilesFile: twoProfiles}, profile: "one", url: "http://one/api", place: "--profile"},
		{name: "empty environment", env: map[string]string{"PREFECT_PROFILE": ""}, files: map[string]string{profilesFile: twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "packaged", flag: "local", files: map[string]string{profilesFile: twoProfiles}, profile: "local", url: "http://127.0.0.1:4200/api"},
		{name: "unknown in the environment", env: map[string]string{"PREFECT_PROFILE": "three"}, files: map[string]string{profilesFile: twoProfiles}, profile: "ephemeral", warning: `profile "three" (PREFECT_PROFILE)`},
		{name: "unknown in the file", files: map[string]string{profilesFile: "active = 'x'"}, profile: "ephemeral", warning: `profile "x" (active in`},
		{name: "unknown setting", files: map[string]string{profilesFile: "active='x'\n[profiles.x]\nPREFECT_NO_SUCH = '1'"}, profile: "x", warning: "PREFECT_NO_SUCH"},
		{name: "home", env: map[string]string{"PREFECT_HOME": "<home>/else"}, files: map[string]string{"<home>/else/profiles.toml": twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "path", env: map[string]string{"PREFECT_PROFILES_PATH": "$PREFECT_HOME/x.toml", "PREFECT_HOME": "<home>/else"}, files: map[string]string{"<home>/else/x.toml": twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "path with a tilde", env: map[string]string{"PREFECT_PROFILES_PATH": "~/x.toml"}, files: map[string]string{"<home>/x.toml": twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "relative path", env: map[string]string{"PREFECT_PROFILES_PATH": "x.toml"}, files: map[string]string{"x.toml": twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "path in .env", files: map[string]string{".env": "PREFECT_PROFILES_PATH=x.toml", "x.toml": twoProfiles}, profile: "one", url: "http://one/api"},
		{name: "path in pyproject.toml", files: map[string]string{"pyproject.toml": "[tool.prefect]\nprofiles_path='x.toml'", "x.toml": twoProfiles}, profile: "one", url: "http://one/api"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := newPlace(t, test.env, test.files)
			source := p.source()
			source.Profile = test.flag
			s, err := profiles.LoadSettings(source)
			if err != nil {
				t.Fatal(err)
			}
			if s.Profile != test.profile || s.Text("PREFECT_API_URL") != test.url {
				t.Errorf("got profile %q and URL %q, want %q and %q", s.Profile, s.Text("PREFECT_API_URL"), test.profile, test.url)
			}
			if where := strings.ReplaceAll(s.ProfilePlace, p.home, "<home>"); !strings.Contains(where, test.place) {
				t.Errorf("the profile comes from %q, want %q", where, test.place)
			}
			if warnings := strings.Join(s.Warnings, "\n"); !strings.Contains(warnings, test.warning) || test.warning == "" && warnings != "" {
				t.Errorf("warnings are %q, want %q", warnings, test.warning)
			}
		})
	}
}

func TestSettingsErrors(t *testing.T) {
	for _, test := range []struct {
		name, profile string
		files         map[string]string
		want          string
	}{
		{"profiles", "", map[string]string{profilesFile: "active = \"one\"\nPREFECT_API_KEY = hunter2"}, "line 2 is not valid TOML"},
		{"prefect.toml", "", map[string]string{"prefect.toml": "= hunter2"}, "reading prefect.toml: line 1"},
		{"pyproject.toml", "", map[string]string{"pyproject.toml": "a = \"hunter2"}, "reading pyproject.toml: line 1"},
		{"profile", "three", map[string]string{profilesFile: twoProfiles}, `profile "three" is not in`},
	} {
		t.Run(test.name, func(t *testing.T) {
			source := newPlace(t, nil, test.files).source()
			source.Profile = test.profile
			_, err := profiles.LoadSettings(source)
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one line with %q", err, test.want)
			}
			if unknown, ok := errors.AsType[*profiles.UnknownProfileError](err); ok != (test.profile != "") || ok && len(unknown.Known) != 6 {
				t.Errorf("got %#v", unknown)
			}
		})
	}
	p := newPlace(t, nil, map[string]string{".env/x": ""})
	if s := p.load(t); s.Profile != "ephemeral" {
		t.Error("a folder called .env should not matter")
	}
	p = newPlace(t, map[string]string{"PREFECT_PROFILES_PATH": "<home>"}, nil)
	if _, err := profiles.LoadSettings(p.source()); err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("profiles in a folder: %v", err)
	}
}

func TestSettingsOptions(t *testing.T) {
	p := newPlace(t, map[string]string{
		"PREFECT_API_URL": "https://p/api", "PREFECT_API_KEY": "k", "PREFECT_API_AUTH_STRING": "u:p", "PREFECT_API_TLS_INSECURE_SKIP_VERIFY": "on",
		"PREFECT_CLIENT_MAX_RETRIES": "0", "PREFECT_CLIENT_RETRY_JITTER_FACTOR": "0", "PREFECT_CLIENT_RETRY_EXTRA_CODES": "500, 404,404",
		"PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "False", "PREFECT_API_REQUEST_TIMEOUT": "2.5", "PREFECT_CLIENT_CUSTOM_HEADERS": `{"X-A": "b"}`,
		"PREFECT_API_SSL_CERT_FILE": "~/ca.pem", "SSL_CERT_FILE": "/system.pem", "PREFECT_CLOUD_API_URL": "https://cloud/api",
	}, nil)
	got, err := p.load(t).Options()
	if err != nil {
		t.Fatal(err)
	}
	want := prefect.Options{URL: "https://p/api", APIKey: "k", AuthString: "u:p", CloudURL: "https://cloud/api", Headers: map[string]string{"X-A": "b"}, DisableCSRF: true,
		TLS: prefect.TLSOptions{CAFile: filepath.Join(p.home, "ca.pem"), InsecureSkipVerify: true}, Timeout: 2500 * time.Millisecond,
		Retries: prefect.RetryOptions{Max: -1, Jitter: -1, ExtraCodes: []int{404, 500}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	p = newPlace(t, map[string]string{"SSL_CERT_FILE": "/system.pem"}, map[string]string{"prefect.toml": "[client]\nretry_extra_codes = [429]\n[client.custom_headers]\nA = 'b'"})
	got, err = p.load(t).Options()
	if err != nil {
		t.Fatal(err)
	}
	want = prefect.Options{CloudURL: prefect.DefaultCloudURL, TLS: prefect.TLSOptions{CAFile: "/system.pem"}, Timeout: time.Minute, Headers: map[string]string{"A": "b"},
		Retries: prefect.RetryOptions{Max: 5, Jitter: 0.2, ExtraCodes: []int{429}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults: -want +got:\n%s", diff)
	}
}

func TestSettingsOptionsRefuse(t *testing.T) {
	for name, value := range map[string]string{
		"PREFECT_API_TLS_INSECURE_SKIP_VERIFY": "maybe", "PREFECT_CLIENT_CSRF_SUPPORT_ENABLED": "", "PREFECT_CLIENT_MAX_RETRIES": "many", "PREFECT_CLIENT_RETRY_JITTER_FACTOR": "x",
		"PREFECT_API_REQUEST_TIMEOUT": "1m", "PREFECT_CLIENT_CUSTOM_HEADERS": `{"A": hunter2}`, "PREFECT_CLIENT_RETRY_EXTRA_CODES": "404,7",
	} {
		_, err := newPlace(t, map[string]string{name: value}, nil).load(t).Options()
		invalid, ok := errors.AsType[*profiles.InvalidSettingError](err)
		if !ok || invalid.Name != name || invalid.Place != "the environment" || invalid.Want == "" || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s=%s: got %v", name, value, err)
		}
	}
}

// TestSettingsWhere: an error and a warning name the kind of place, where the place itself would only say the setting's name again.
func TestSettingsWhere(t *testing.T) {
	const name, url = "PREFECT_CLIENT_MAX_RETRIES", "PREFECT_API_URL"
	for where, source := range map[string]profiles.Source{
		"the environment": newPlace(t, map[string]string{name: "many"}, nil).source(),
		"given " + name:   {Home: t.TempDir(), Dir: t.TempDir(), Given: map[string]string{name: "many"}},
		".env: " + name:   newPlace(t, nil, map[string]string{".env": name + "=many"}).source(),
	} {
		s, err := profiles.LoadSettings(source)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Int(name); err == nil || err.Error() != "setting "+name+" ("+where+`) is "many": want a whole number` {
			t.Errorf("from %s: %v", where, err)
		}
	}
	warnings := newPlace(t, map[string]string{url: "http://app.prefect.cloud/api"}, nil).load(t).Warnings
	if len(warnings) != 1 || !strings.HasPrefix(warnings[0], "PREFECT_API_URL (the environment) names the web pages") {
		t.Errorf("warnings: %q", warnings)
	}
}

func TestSettingsShown(t *testing.T) {
	s := newPlace(t, map[string]string{
		"PREFECT_API_KEY": "hunter2", "PREFECT_API_AUTH_STRING": "u:hunter2", "PREFECT_CLIENT_CUSTOM_HEADERS": `{"A":"hunter2"}`, "PREFECT_API_URL": "https://u:hunter2@h/api?x=a@b",
		"PREFECT_API_DATABASE_PASSWORD": "hunter2", "PREFECT_API_DATABASE_CONNECTION_URL": "x://u:hunter2@h", "PREFECT_UI_URL": "x://u:hunter2@%zz", "PREFECT_LOGGING_LEVEL": "DEBUG",
	}, nil).load(t)
	for _, v := range s.Values() {
		if strings.Contains(v.Shown(), "hunter2") {
			t.Errorf("%s shows %s", v.Name, v.Shown())
		}
	}
	if got, want := s.Value("PREFECT_API_URL").Shown(), "https://u:********@h/api?x=a@b"; got != want {
		t.Errorf("the URL is shown as %s, want %s", got, want)
	}
	if got := s.Value("PREFECT_LOGGING_LEVEL").Shown(); got != "DEBUG" {
		t.Errorf("a harmless value is shown as %s", got)
	}
}

func TestSettingsEnvironment(t *testing.T) {
	s := newPlace(t, map[string]string{"PREFECT_API_REQUEST_TIMEOUT": "30", "PREFECT_CLIENT_MAX_RETRIES": "07", "PREFECT_DEBUG_MODE": "0",
		"PREFECT_DEFAULT_WORK_POOL_NAME": "p", "PREFECT_API_KEY": "k", "UNRELATED": "x"}, nil).load(t)
	want := map[string]string{"PREFECT_API_REQUEST_TIMEOUT": "30.0", "PREFECT_CLIENT_MAX_RETRIES": "7", "PREFECT_DEBUG_MODE": "False",
		"PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME": "p", "PREFECT_API_KEY": "k", "PREFECT_SERVER_EPHEMERAL_ENABLED": "True"}
	if diff := cmp.Diff(want, s.Environment()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestSettingsWarnOfCloudMistakes(t *testing.T) {
	for url, want := range map[string]string{
		"https://app.prefect.cloud/api":                         "use api.prefect.cloud",
		"https://api.prefect.cloud/api/account/1/workspaces/2":  "use /accounts/",
		"https://api.prefect.cloud/api/accounts/1/workspace/2":  "use /workspaces/",
		"https://api.prefect.cloud/api/accounts/1/workspaces/2": "",
	} {
		s := newPlace(t, map[string]string{"PREFECT_API_URL": url}, nil).load(t)
		if got := strings.Join(s.Warnings, "\n"); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: warnings are %q, want %q", url, got, want)
		}
	}
}

func TestFindSetting(t *testing.T) {
	for name, want := range map[string]profiles.Setting{
		"PREFECT_API_KEY":                {Name: "PREFECT_API_KEY", Key: "api.key", Kind: profiles.KindSecret, Name2: "PREFECT_API_KEY"},
		"PREFECT_DEFAULT_WORK_POOL_NAME": {Name: "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME", Aliases: []string{"PREFECT_DEFAULT_WORK_POOL_NAME"}, Key: "deployments.default_work_pool_name", Kind: profiles.KindString, Name2: "PREFECT_DEFAULT_WORK_POOL_NAME"},
		"PREFECT_AGENT_PREFETCH_SECONDS": {Name: "PREFECT_AGENT_PREFETCH_SECONDS", Kind: profiles.KindInt, Default: "15", Name2: "PREFECT_AGENT_PREFETCH_SECONDS"},
		"PREFECT_API_AUTH_STRING":        {Name: "PREFECT_API_AUTH_STRING", Key: "api.auth_string", Kind: profiles.KindSecret},
	} {
		got, ok := profiles.FindSetting(name)
		if diff := cmp.Diff(want, got); !ok || diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	if _, ok := profiles.FindSetting("PREFECT_NOPE"); ok {
		t.Error("PREFECT_NOPE was found")
	}
	if got := len(profiles.KnownSettings()); got < 200 {
		t.Errorf("only %d settings are known", got)
	}
}
