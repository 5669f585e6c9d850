package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/config"
)

// sources makes Sources of plain values; file "" means that there is none.
func sources(t *testing.T, flags, env map[string]string, file string) config.Sources {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lookup := func(m map[string]string) func(string) (string, bool) {
		return func(name string) (string, bool) { v, ok := m[name]; return v, ok }
	}
	return config.Sources{Dir: dir, Flag: lookup(flags), LookupEnv: lookup(env)}
}

func TestOneRule(t *testing.T) {
	const file = "# settings\ncloud = \"china\"\n"
	env := map[string]string{"PACIFIC_CLOUD": "government"}
	flags := map[string]string{"cloud": "http://127.0.0.1:4280"}
	for _, test := range []struct {
		name       string
		flags, env map[string]string
		file       string
		want       string
		origin     config.Origin
		place      string
	}{
		{"nothing", nil, nil, "", "public", config.FromDefault, "default"},
		{"file over default", nil, nil, file, "china", config.FromFile, "pacific.toml:2"},
		{"environment over file", nil, env, file, "government", config.FromEnvironment, "PACIFIC_CLOUD"},
		{"flag over all", flags, env, file, "http://127.0.0.1:4280", config.FromFlag, "--cloud"},
		{"an empty variable is none", nil, map[string]string{"PACIFIC_CLOUD": ""}, file, "china", config.FromFile, "pacific.toml:2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := config.Load(sources(t, test.flags, test.env, test.file))
			if err != nil {
				t.Fatal(err)
			}
			got := c.Value("cloud")
			if got.Value != test.want || got.Origin != test.origin || got.Place != test.place {
				t.Errorf("got %q from %v (%s), want %q from %v (%s)", got.Value, got.Origin, got.Place, test.want, test.origin, test.place)
			}
		})
	}
}

func TestZeroSourcesAreDefaults(t *testing.T) {
	t.Chdir(t.TempDir())
	c, err := config.Load(config.Sources{})
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range c.Values() {
		if want := config.Settings()[i]; v.Value != want.Default || v.Origin != config.FromDefault {
			t.Errorf("%s: got %q from %v, want its default %q", want.Name, v.Value, v.Origin, want.Default)
		}
	}
}

func TestNoFileLeavesTheFileUnread(t *testing.T) {
	src := sources(t, nil, nil, "this is not TOML")
	src.NoFile = true
	if _, err := config.Load(src); err != nil {
		t.Errorf("the file was read: %v", err)
	}
}

func TestSecretsAreMasked(t *testing.T) {
	c, err := config.Load(sources(t, nil, map[string]string{"AZURE_CLIENT_SECRET": "hunter2"}, ""))
	if err != nil {
		t.Fatal(err)
	}
	v := c.Value("client-secret")
	if v.Value != "hunter2" || v.Shown() != "********" {
		t.Errorf("got value %q, shown %q", v.Value, v.Shown())
	}
	if got := fmt.Sprintf("%v %+v %s", v, v, []config.Value{v}); strings.Contains(got, "hunter2") {
		t.Errorf("printing it shows the secret: %s", got)
	}
	if got := c.Value("tenant-id").Shown(); got != "" {
		t.Errorf("an unset value is shown as %q", got)
	}
}

func TestSecretIsNotTakenFromAFlag(t *testing.T) {
	c, err := config.Load(sources(t, map[string]string{"client-secret": "hunter2"}, nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Get("client-secret"); got != "" {
		t.Errorf("got %q from a flag", got)
	}
}

func TestRefusedValues(t *testing.T) {
	for _, test := range []struct {
		name       string
		flags, env map[string]string
		file       string
		want       string
	}{
		{"flag not allowed", map[string]string{"output": "xml"}, nil, "", `unknown --output "xml"; use text or json`},
		{"flag empty", map[string]string{"subscription": ""}, nil, "", "--subscription is empty; give a value or leave it out"},
		{"environment not allowed", nil, map[string]string{"PACIFIC_ENGINE": "podman"}, "", `unknown engine "podman" from PACIFIC_ENGINE; use process, docker or simulate`},
		{"file not allowed", nil, nil, "output = \"yaml\"", `unknown output "yaml" from pacific.toml:1; use text or json`},
		{"credential not allowed", nil, map[string]string{"PACIFIC_CREDENTIAL": "guess"}, "", "client-secret"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Load(sources(t, test.flags, test.env, test.file))
			if _, ok := errors.AsType[*config.InvalidError](err); !ok || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an InvalidError with %q", err, test.want)
			}
		})
	}
}

func TestRefusedFiles(t *testing.T) {
	for _, test := range []struct {
		name, file string
		line       int
		problem    string
		hint       string
	}{
		{"unknown key", "cloud = \"public\"\nsubscripton = \"x\"\n", 2, "no setting is called subscripton", "did you mean subscription?"},
		{"unknown key, nothing near", "theme = \"blue\"\n", 1, "no setting is called theme", "settings: cloud, "},
		{"quoted key", "\n\n\"clodu\" = \"public\"\n", 3, "no setting is called clodu", "did you mean cloud?"},
		{"table", "[azure]\ncloud = \"public\"\n", 1, "no setting is called azure", "settings: "},
		{"dotted", "azure.cloud = \"public\"\n", 1, "no setting is called azure", "settings: "},
		{"first of several", "zzz = \"1\"\naaa = \"1\"\n", 1, "no setting is called zzz", ""},
		{"number", "location = 7\n", 1, "location is not text", `location = "…"`},
		{"list", "location = [\"a\"]\n", 1, "location is not text", ""},
		{"empty", "location = \"\"\n", 1, "location is empty", "leave the line out"},
		{"syntax", "cloud = \"public\"\nlocation = \n", 2, "", ""},
		{"twice", "cloud = \"public\"\ncloud = \"china\"\n", 2, "", ""},
		{"not UTF-8", "cloud = \"\xff\"\n", 1, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := config.Load(sources(t, nil, nil, test.file))
			e, ok := errors.AsType[*config.FileError](err)
			if !ok {
				t.Fatalf("got %v, want a FileError", err)
			}
			if e.Line != test.line || !strings.Contains(e.Problem, test.problem) || !strings.Contains(e.Hint(), test.hint) {
				t.Errorf("got line %d %q hint %q, want line %d %q hint %q", e.Line, e.Problem, e.Hint(), test.line, test.problem, test.hint)
			}
			if !strings.HasPrefix(err.Error(), "reading pacific.toml line ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got the text %q", err)
			}
		})
	}
}

func TestTheFolderWinsOverThePersonsOwnFile(t *testing.T) {
	home := t.TempDir()
	own := filepath.Join(home, ".config", "pacific", config.FileName)
	if err := os.MkdirAll(filepath.Dir(own), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(own, []byte("cloud = \"china\"\nlocation = \"eastus\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := sources(t, nil, map[string]string{"HOME": home, "AppData": filepath.Join(home, ".config"), "XDG_CONFIG_HOME": "relative"}, "cloud = \"government\"\n")
	c, err := config.Load(src)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Value("cloud"); got.Value != "government" || got.Place != "pacific.toml:1" {
		t.Errorf("cloud: got %q from %s, want government from pacific.toml:1", got.Value, got.Place)
	}
	if got := c.Value("location"); got.Value != "eastus" || got.Place != own+":2" {
		t.Errorf("location: got %q from %s, want eastus from %s:2", got.Value, got.Place, own)
	}
	if err := os.WriteFile(own, []byte("clowd = \"china\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(src); err == nil || !strings.Contains(err.Error(), "reading "+own+" line 1: ") {
		t.Errorf("a mistake in the person's own file: got %v", err)
	}
}

func TestFileThatIsAFolder(t *testing.T) {
	src := sources(t, nil, nil, "")
	if err := os.Mkdir(filepath.Join(src.Dir, config.FileName), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load(src)
	if e, ok := errors.AsType[*config.FileError](err); !ok || e.Line != 0 {
		t.Errorf("got %v, want a FileError about the whole file", err)
	}
}

func TestSecretInALooseFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no mode bits")
	}
	for _, test := range []struct {
		mode    os.FileMode
		text    string
		refused bool
	}{
		{0o600, "client-secret = \"hunter2\"", false},
		{0o644, "client-secret = \"hunter2\"", true},
		{0o640, "client-secret = \"hunter2\"", true},
		{0o644, "cloud = \"public\"", false},
	} {
		src := sources(t, nil, nil, test.text)
		if err := os.Chmod(filepath.Join(src.Dir, config.FileName), test.mode); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(src)
		e, refused := errors.AsType[*config.FileError](err)
		if refused != test.refused {
			t.Errorf("mode %04o, %q: got %v, want refused %v", test.mode, test.text, err, test.refused)
		}
		if refused && (strings.Contains(e.Error()+e.Hint(), "hunter2") || !strings.Contains(e.Hint(), "chmod 600")) {
			t.Errorf("got %q, hint %q", e, e.Hint())
		}
	}
}

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range config.Settings() {
		for _, key := range []string{s.Name, s.Env} {
			if key == "" || seen[key] {
				t.Errorf("%+v: %q is empty or used twice", s, key)
			}
			seen[key] = true
		}
		if s.Doc == "" || strings.HasSuffix(s.Doc, ".") {
			t.Errorf("%s: the description %q should be one phrase", s.Name, s.Doc)
		}
		if s.Secret && s.Flag {
			t.Errorf("%s is a secret and must not be a flag", s.Name)
		}
		if len(s.Allowed) > 0 && !slices.Contains(s.Allowed, s.Default) {
			t.Errorf("%s: its default %q is not allowed", s.Name, s.Default)
		}
	}
}

func TestUnknownNamePanics(t *testing.T) {
	c, err := config.Load(sources(t, nil, nil, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if recover() == nil {
			t.Error("Get of an undeclared setting did not panic")
		}
	}()
	c.Get("colour")
}

func FuzzFile(f *testing.F) {
	for _, seed := range []string{"cloud = \"public\"", "[a]\nb=1", "a.b=\"c\"", "\"cloud\"='x'", "#\n\n=", "cloud=\"\"\"\na\n\"\"\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, config.FileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(config.Sources{Dir: dir})
		if (c == nil) == (err == nil) {
			t.Errorf("got config %v and error %v", c, err)
		}
	})
}
