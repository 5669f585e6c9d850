package image_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"

	"github.com/pacific-aci/pacific/image"
)

// The fake credential helpers are this test binary, by the names of links to it.
func TestMain(m *testing.M) {
	if helper, ok := strings.CutPrefix(filepath.Base(os.Args[0]), "docker-credential-"); ok {
		os.Exit(fakeHelper(helper, os.Args[1]))
	}
	os.Exit(m.Run())
}

// fakeHelper keeps credentials in a folder, a file each.
func fakeHelper(helper, action string) int {
	input, _ := io.ReadAll(os.Stdin)
	if helper == "broken" {
		fmt.Printf("the keychain is locked, so I forget %s", input)
		return 1
	}
	switch helper {
	case "slow":
		time.Sleep(time.Hour)
	case "endless":
		for {
			if _, err := os.Stdout.Write(make([]byte, 64<<10)); err != nil {
				return 1
			}
		}
	case "lingers": // what it starts holds its output for longer than anybody waits
		child := exec.Command(strings.Replace(os.Args[0], "lingers", "lingering", 1), "store")
		child.Stdout = os.Stdout
		if err := child.Start(); err != nil {
			panic(err)
		}
	case "lingering":
		time.Sleep(10 * time.Second)
		return 0
	}
	file := func(server string) string {
		return filepath.Join(os.Getenv("FAKE_HELPER_FOLDER"), helper+"-"+strings.NewReplacer("/", "_", ":", "_").Replace(server))
	}
	if action == "get" {
		text, err := os.ReadFile(file(string(input)))
		if err != nil {
			fmt.Println("credentials not found in native keychain")
			return 1
		}
		fmt.Print(string(text))
		return 0
	}
	if action == "erase" {
		if err := os.Remove(file(string(input))); err != nil {
			panic(err)
		}
		return 0
	}
	var entry struct{ ServerURL string }
	if err := json.Unmarshal(input, &entry); err != nil || action != "store" {
		return 2
	}
	if err := os.WriteFile(file(entry.ServerURL), input, 0o600); err != nil {
		panic(err)
	}
	return 0
}

// helpers makes a PATH with the fake helpers alone, and returns the folder where they keep credentials.
func helpers(t *testing.T, names ...string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path, kept := t.TempDir(), t.TempDir()
	for _, name := range names {
		if err := os.Symlink(self, filepath.Join(path, "docker-credential-"+name)); err != nil {
			t.Skip("there are no symbolic links: ", err)
		}
	}
	t.Setenv("PATH", path)
	t.Setenv("FAKE_HELPER_FOLDER", kept)
	return kept
}

func configFile(t *testing.T, text string) *image.DockerConfig {
	t.Helper()
	folder := t.TempDir()
	d, err := image.FindDockerConfig(func(name string) (string, bool) { return folder, name == "DOCKER_CONFIG" })
	if err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if err := os.WriteFile(d.Path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

const server = "jobs.azurecr.io"

// Where docker's configuration says that credentials are, in every way that it can say so; docker's own code, as
// go-containerregistry uses it, finds them there.
func TestStoreWhereDockerLooks(t *testing.T) {
	token := image.Credential{Username: image.TokenUser, Token: "refresh-token"}
	const inFile = `{"auths":{"jobs.azurecr.io":{"auth":"MDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwOg==","identitytoken":"refresh-token"}`
	tests := map[string]struct {
		before, where, after string
		credential           image.Credential
	}{
		"no file":    {"", "config.json", inFile + `}}`, token},
		"empty file": {"\n", "config.json", inFile + `}}`, token},
		"others stay": {`{"auths":{"other.example":{"auth":"YTpi","email":"me"}},"HttpHeaders":{"a":"b"},"unknown":{"x":[1,2]}}`, "config.json",
			inFile + `,"other.example":{"auth":"YTpi","email":"me"}},"HttpHeaders":{"a":"b"},"unknown":{"x":[1,2]}}`, token},
		"replaced":  {`{"auths":{"jobs.azurecr.io":{"auth":"b2xkOm9sZA=="}}}`, "config.json", inFile + `}}`, token},
		"null":      {`{"auths":null}`, "config.json", inFile + `}}`, token},
		"password":  {`{"auths":{}}`, "config.json", `{"auths":{"jobs.azurecr.io":{"auth":"bWU6cGFzczp3b3Jk"}}}`, image.Credential{Username: "me", Password: "pass:word"}},
		"one store": {`{"credsStore":"one"}`, "docker-credential-one", `{"credsStore":"one","auths":{"jobs.azurecr.io":{}}}`, token},
		"a helper of its own": {`{"credsStore":"one","credHelpers":{"jobs.azurecr.io":"two","x":"one"}}`, "docker-credential-two",
			`{"credsStore":"one","credHelpers":{"jobs.azurecr.io":"two","x":"one"},"auths":{"jobs.azurecr.io":{}}}`, token},
		"helpers of others": {`{"credHelpers":{"x":"one"}}`, "config.json", `{"credHelpers":{"x":"one"},` + inFile[1:] + `}}`, token},
		"a store and a password": {`{"credsStore":"one","auths":{"x":{}}}`, "docker-credential-one", `{"credsStore":"one","auths":{"x":{},"jobs.azurecr.io":{}}}`,
			image.Credential{Username: "me", Password: "secret"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			helpers(t, "one", "two")
			d := configFile(t, test.before)
			where, err := d.Store(t.Context(), server, test.credential)
			if err != nil || filepath.Base(where) != test.where {
				t.Fatalf("stored in %q, %v; want %q", where, err, test.where)
			}
			var got, want any
			text, err := os.ReadFile(d.Path)
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(json.Unmarshal(text, &got), json.Unmarshal([]byte(test.after), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if info, err := os.Stat(d.Path); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			back, err := d.Get(t.Context(), server)
			if err != nil || back.Token != test.credential.Token || back.Password != test.credential.Password {
				t.Errorf("reading it back: %+v, %v", back, err)
			}
			asDockerReads(t, d, test.credential)
			if entries, _ := os.ReadDir(filepath.Dir(d.Path)); len(entries) != 1 {
				t.Errorf("left beside the file: %v", entries)
			}
		})
	}
}

// asDockerReads finds a credential with docker's own code.
func asDockerReads(t *testing.T, d *image.DockerConfig, want image.Credential) {
	t.Helper()
	t.Setenv("DOCKER_CONFIG", filepath.Dir(d.Path))
	registry, err := name.NewRegistry(server)
	if err != nil {
		t.Fatal(err)
	}
	found, err := authn.DefaultKeychain.Resolve(registry)
	if err != nil {
		t.Fatal(err)
	}
	got, err := found.Authorization()
	if err != nil || got.IdentityToken != want.Token || want.Token == "" && (got.Username != want.Username || got.Password != want.Password) {
		t.Errorf("docker finds the user %q with a token of %d bytes, %v", got.Username, len(got.IdentityToken), err)
	}
}

// A system's keychain is used where docker would use it: if it is installed and the file has no credentials.
func TestSystemHelper(t *testing.T) {
	system := map[string]string{"linux": "secretservice", "darwin": "osxkeychain", "windows": "wincred"}[runtime.GOOS]
	if system == "" {
		t.Skip("docker knows no keychain of " + runtime.GOOS)
	}
	helpers(t, system)
	for text, want := range map[string]string{"": "docker-credential-" + system, `{"auths":{"x":{"auth":"YTpi"}}}`: "config.json"} {
		if where, err := configFile(t, text).Store(t.Context(), server, image.Credential{Token: "x"}); err != nil || filepath.Base(where) != want {
			t.Errorf("%q: %s, %v; want %s", text, where, err, want)
		}
	}
}

func TestGet(t *testing.T) {
	helpers(t, "one")
	for text, want := range map[string]image.Credential{
		"": {},
		`{"auths":{"jobs.azurecr.io":{"auth":"bWU6cGFzcw=="}}}`:                           {Username: "me", Password: "pass"},
		`{"auths":{"https://jobs.azurecr.io/v1/":{"auth":"bWU6cGFzcw=="}}}`:               {Username: "me", Password: "pass"},
		`{"auths":{"jobs.azurecr.io":{"username":"me","password":"pass"}}}`:               {Username: "me", Password: "pass"},
		`{"auths":{"xjobs.azurecr.io":{"auth":"bWU6cGFzcw=="}}}`:                          {},
		`{"credsStore":"one","auths":{"jobs.azurecr.io":{}}}`:                             {},
		`{"credHelpers":{"jobs.azurecr.io":"one"},"auths":{"x":{"auth":"bWU6cGFzcw=="}}}`: {},
	} {
		got, err := configFile(t, text).Get(t.Context(), server)
		if err != nil || got != want {
			t.Errorf("%s: the user %q, %v", text, got.Username, err)
		}
	}
	if got, err := configFile(t, `{"auths":{"https://index.docker.io/v1/":{"auth":"bWU6cGFzcw=="}}}`).Get(t.Context(), "index.docker.io"); err != nil || got.Username != "me" {
		t.Errorf("Docker Hub: %q, %v", got.Username, err)
	}
}

// A failure says what and where, changes nothing, and shows no secret.
func TestDockerConfigErrors(t *testing.T) {
	helpers(t, "broken", "slow")
	const secret = "very-secret"
	for text, want := range map[string]string{
		`{`:                                "is not a JSON object",
		`[]`:                               "is not a JSON object",
		`{"auths":[]}`:                     `field "auths"`,
		`{"credsStore":1}`:                 `field "credsStore"`,
		`{"auths":{"x":"` + secret + `"}}`: "the entry of x",
		`{"credsStore":"broken"}`:          "the keychain is locked",
		`{"credsStore":"absent"}`:          "docker-credential-absent",
		`{"credsStore":"../../bin/evil"}`:  "is a path",
	} {
		d := configFile(t, text)
		if err := d.Check(); (err == nil) != strings.Contains(text, "broken") || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: checked with %v", text, err)
		}
		_, err := d.Store(t.Context(), server, image.Credential{Username: "u", Token: secret})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		if after, _ := os.ReadFile(d.Path); string(after) != text {
			t.Errorf("%s became %s", text, after)
		}
		if _, err := d.Get(t.Context(), server); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: reading: %v", text, err)
		}
	}
	if _, err := configFile(t, `{"auths":{"jobs.azurecr.io":{"auth":"`+secret+`"}}}`).Get(t.Context(), server); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("a bad auth: %v", err)
	}
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(20*time.Millisecond, func() { cancel(why) })
	if _, err := configFile(t, `{"credsStore":"slow"}`).Get(ctx, server); !errors.Is(err, why) {
		t.Errorf("a helper that hangs: %v", err)
	}
}

// TestHelperEndless: a helper that writes without end is cut off, and one that leaves a process with its output is not
// waited for.
func TestHelperEndless(t *testing.T) {
	helpers(t, "endless", "lingers", "lingering")
	if _, err := configFile(t, `{"credsStore":"endless"}`).Get(t.Context(), server); err == nil || !strings.Contains(err.Error(), "more than 1 MB") {
		t.Errorf("a helper that writes without end: %v", err)
	}
	d := configFile(t, `{"credsStore":"lingers"}`)
	if where, err := d.Store(t.Context(), server, image.Credential{Token: "t"}); err != nil || where != "docker-credential-lingers" {
		t.Errorf("a helper that leaves a process: %q, %v", where, err)
	}
}

// TestNull: docker takes a file that says null for an empty one.
func TestNull(t *testing.T) {
	helpers(t)
	d := configFile(t, "null")
	if err := d.Check(); err != nil {
		t.Error(err)
	}
	if _, err := d.Store(t.Context(), server, image.Credential{Token: "t"}); err != nil {
		t.Error(err)
	}
	if got, err := d.Get(t.Context(), server); err != nil || got.Token != "t" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSymbolicLinkStays(t *testing.T) {
	helpers(t)
	d, real := configFile(t, ""), filepath.Join(t.TempDir(), "real.json")
	if err := os.WriteFile(real, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, d.Path); err != nil {
		t.Skip("there are no symbolic links: ", err)
	}
	if _, err := d.Store(t.Context(), server, image.Credential{Token: "x"}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(real); err != nil || !strings.Contains(string(text), server) {
		t.Errorf("%s, %v", text, err)
	}
	if target, err := os.Readlink(d.Path); err != nil || target != real {
		t.Errorf("%s, %v", target, err)
	}
}

// A link to a file that is not there yet stays too, as setups that keep such files elsewhere need it.
func TestDanglingLinkStays(t *testing.T) {
	helpers(t)
	d, real := configFile(t, ""), filepath.Join(t.TempDir(), "dotfiles", "docker.json")
	if err := os.Symlink(real, d.Path); err != nil {
		t.Skip("there are no symbolic links: ", err)
	}
	if _, err := d.Store(t.Context(), server, image.Credential{Token: "x"}); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(real); err != nil || !strings.Contains(string(text), server) {
		t.Errorf("%s, %v", text, err)
	}
	if target, err := os.Readlink(d.Path); err != nil || target != real {
		t.Errorf("%s, %v", target, err)
	}
}

func TestFindDockerConfig(t *testing.T) {
	home := "HOME"
	if runtime.GOOS == "windows" {
		home = "USERPROFILE"
	}
	for _, tt := range []struct {
		env  map[string]string
		want string
	}{
		{map[string]string{home: "/home/me"}, filepath.Join("/home/me", ".docker", "config.json")},
		{map[string]string{home: "/home/me", "DOCKER_CONFIG": ""}, filepath.Join("/home/me", ".docker", "config.json")},
		{map[string]string{home: "/home/me", "DOCKER_CONFIG": "/etc/d"}, filepath.Join("/etc/d", "config.json")},
		{nil, ""},
	} {
		d, err := image.FindDockerConfig(func(name string) (string, bool) { v, ok := tt.env[name]; return v, ok })
		if (err != nil) != (tt.want == "") || err == nil && d.Path != tt.want {
			t.Errorf("%v: %v, %v", tt.env, d, err)
		}
	}
}

func TestCredentialIsNotShown(t *testing.T) {
	for _, c := range []image.Credential{{Username: "me", Password: "secret"}, {Token: "secret"}, {}} {
		shown := fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c) + c.LogValue().String()
		if strings.Contains(shown, "secret") || c.Empty() != (c == image.Credential{}) {
			t.Errorf("%s, empty: %v", shown, c.Empty())
		}
	}
}
