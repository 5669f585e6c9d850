//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

// TestPrefectProfiles lets Prefect's own command line read profiles that we wrote, and reads those that it wrote.
func TestPrefectProfiles(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			w := newWorld(t)
			w.write(t, w.profiles(), "# mine\nactive = 'first' # chosen\n\n[profiles.first] # the first\nPREFECT_API_URL = \"http://old/api\" # where\n")
			key := `k"e\y=#` + "\t€"
			err := profiles.Update(w.profiles(), func(p *profiles.File) error {
				p.Prefect2 = major == 2
				for _, s := range [][3]string{
					{"first", "PREFECT_API_URL", "http://127.0.0.1:9/api"}, {"second", "PREFECT_API_KEY", key},
					{"second", "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME", "pool"}, {"second", "PREFECT_CLIENT_MAX_RETRIES", "4"},
					{"local", "PREFECT_LOGGING_LEVEL", "DEBUG"},
				} {
					if err := p.Set(s[0], s[1], s[2]); err != nil {
						return err
					}
				}
				return p.Use("second")
			})
			if err != nil {
				t.Fatal(err)
			}
			pool := map[int]string{2: "PREFECT_DEFAULT_WORK_POOL_NAME", 3: "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME"}[major]
			got := facts[settingsFacts](t, w, python, "settings", nil)
			if got.Profile != "second" || got.Environment["PREFECT_API_KEY"] != key || got.Environment[pool] != "pool" || got.Environment["PREFECT_CLIENT_MAX_RETRIES"] != "4" {
				t.Errorf("Prefect reads profile %q: %q", got.Profile, got.Environment)
			}
			cli := filepath.Join(filepath.Dir(python), "prefect")
			checkInspect(t, w, cli, major, pool)
			checkView(t, w, cli)

			// Prefect writes the file anew, and we read that.
			w.run(t, nil, cli, "config", "set", "PREFECT_API_URL=http://theirs/api")
			file, err := profiles.Read(w.profiles())
			if err != nil {
				t.Fatal(err)
			}
			second, _ := file.Profile("second")
			if url, _ := second.Value("PREFECT_API_URL"); url != "http://theirs/api" || file.Active != "second" {
				t.Errorf("after Prefect's own config set, we read %v, active %q", second, file.Active)
			}
			if value, _ := second.Value("PREFECT_API_KEY"); value != key {
				t.Errorf("after Prefect's own config set, the key is %q, want %q", value, key)
			}
		})
	}
}

// TestPrefectProfileOfAFreshMachine writes where there is no file yet, so that the profile is one of Prefect 3's own, and lets
// Prefect's command lines and libraries read that.
func TestPrefectProfileOfAFreshMachine(t *testing.T) {
	seconds(t)
	for major, python := range pythons(t) {
		cli := filepath.Join(filepath.Dir(python), "prefect")
		address := os.Getenv(fmt.Sprintf("PACIFIC_E2E_PREFECT%d_API_URL", major))
		if address == "" {
			t.Fatalf("PACIFIC_E2E_PREFECT%d_API_URL is not set", major)
		}
		read := func(t *testing.T, w world, want map[string]string) {
			t.Helper()
			got := facts[settingsFacts](t, w, python, "settings", nil)
			view := string(w.run(t, nil, cli, "config", "view"))
			if got.Profile != "ephemeral" || !strings.Contains(view, "ephemeral") {
				t.Errorf("Prefect %d uses profile %q:\n%s", major, got.Profile, view)
			}
			for name, value := range want {
				if got.Environment[name] != value || !strings.Contains(view, name+"='"+value+"'") {
					t.Errorf("Prefect %d reads %s as %q, want %q:\n%s", major, name, got.Environment[name], value, view)
				}
			}
		}
		t.Run(fmt.Sprintf("%d profile set", major), func(t *testing.T) {
			w := newWorld(t)
			command{t, w, binary(t)}.run(0, "profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG", "PREFECT_API_URL="+address)
			read(t, w, map[string]string{"PREFECT_API_URL": address, "PREFECT_LOGGING_LEVEL": "DEBUG"})
			if major == 2 {
				return
			}
			// With an address, Prefect 3 makes nothing of the line that 2.20 cannot read.
			without := string(w.run(t, nil, cli, "config", "view"))
			text, err := os.ReadFile(w.profiles())
			if err != nil {
				t.Fatal(err)
			}
			w.write(t, w.profiles(), string(text)+"\nPREFECT_SERVER_EPHEMERAL_ENABLED = \"true\"\n")
			if diff := cmp.Diff(string(w.run(t, nil, cli, "config", "view")), without); diff != "" {
				t.Errorf("config view: -with +without:\n%s", diff)
			}
		})
		t.Run(fmt.Sprintf("%d set-as-default", major), func(t *testing.T) {
			w := newWorld(t)
			w.env["PREFECT_API_URL"] = address
			c, pool := command{t, w, binary(t)}, "fresh-"+uuid.NewString()[:8]
			c.run(0, "work-pool", "create", pool, "--type", "process", "--set-as-default")
			defer c.run(0, "work-pool", "rm", pool, "--yes")
			name := map[int]string{2: "PREFECT_DEFAULT_WORK_POOL_NAME", 3: "PREFECT_DEPLOYMENTS_DEFAULT_WORK_POOL_NAME"}[major]
			read(t, w, map[string]string{"PREFECT_API_URL": address, name: pool})
		})
	}
}

func checkInspect(t *testing.T, w world, cli string, major int, pool string) {
	t.Helper()
	if major == 2 {
		out := string(w.run(t, nil, cli, "profile", "inspect", "second"))
		for _, want := range []string{pool + "='pool'", "PREFECT_CLIENT_MAX_RETRIES='4'"} {
			if !strings.Contains(out, want) {
				t.Errorf("profile inspect does not say %s:\n%s", want, out)
			}
		}
		return
	}
	var got map[string]string
	out := w.run(t, nil, cli, "profile", "inspect", "first", "-o", "json")
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	if diff := cmp.Diff(map[string]string{"PREFECT_API_URL": "http://127.0.0.1:9/api"}, got); diff != "" {
		t.Errorf("profile inspect: -want +got:\n%s", diff)
	}
}

func checkView(t *testing.T, w world, cli string) {
	t.Helper()
	out := string(w.run(t, nil, cli, "config", "view"))
	for _, want := range []string{"second", "PREFECT_CLIENT_MAX_RETRIES='4'"} {
		if !strings.Contains(out, want) {
			t.Errorf("config view does not say %s:\n%s", want, out)
		}
	}
}
