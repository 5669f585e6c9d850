//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// TestPrefectProfiles lets Prefect's own command line read profiles that we wrote, and reads those that it wrote.
func TestPrefectProfiles(t *testing.T) {
	for major, python := range pythons(t) {
		t.Run(fmt.Sprint(major), func(t *testing.T) {
			w := newWorld(t)
			w.write(t, w.profiles(), "# mine\nactive = 'first' # chosen\n\n[profiles.first] # the first\nPREFECT_API_URL = \"http://old/api\" # where\n")
			key := `k"e\y=#` + "\t€"
			err := prefect.UpdateProfiles(w.profiles(), func(p *prefect.Profiles) error {
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
			profiles, err := prefect.ReadProfiles(w.profiles())
			if err != nil {
				t.Fatal(err)
			}
			second, _ := profiles.Profile("second")
			if url, _ := second.Value("PREFECT_API_URL"); url != "http://theirs/api" || profiles.Active != "second" {
				t.Errorf("after Prefect's own config set, we read %v, active %q", second, profiles.Active)
			}
			if value, _ := second.Value("PREFECT_API_KEY"); value != key {
				t.Errorf("after Prefect's own config set, the key is %q, want %q", value, key)
			}
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
