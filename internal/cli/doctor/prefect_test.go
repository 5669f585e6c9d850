package doctor_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// standIn is as much of a Prefect server as doctor looks at, of a version or with a clock that the one in memory cannot
// have.
type standIn struct {
	version string
	// ahead is how far its clock is before ours.
	ahead time.Duration
}

func (s standIn) answers() clitest.Answers {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", time.Now().Add(s.ahead).UTC().Format(http.TimeFormat))
		status, body := 200, "[]"
		switch r.URL.Path {
		case "/api/health":
			body = "true"
		case "/api/admin/version":
			body = `"` + s.version + `"`
		case "/api/work_pools/filter": // none
		default:
			status, body = 422, `{"exception_message": "CSRF protection is disabled."}` // as a server says it
		}
		clitest.Says(status, "application/json", body)(w, r)
	}
}

// newGuardedPrefect is a Prefect that asks for admin and hunter2.
func newGuardedPrefect(t *testing.T) http.RoundTripper {
	t.Helper()
	server, err := prefectemulator.NewServer(prefectemulator.Options{AuthString: "admin:hunter2", CSRF: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() }) // always nil
	return server.Transport()
}

func TestDoctorOfPrefect(t *testing.T) {
	const ok, failed, skipped, note = "ok", "failed", "skipped", "note"
	all := func(settings, server, authentication, version, clock string) map[string]string {
		return map[string]string{"prefect settings": settings, "prefect server": server, "prefect authentication": authentication,
			"prefect version": version, "prefect clock": clock}
	}
	guarded := newGuardedPrefect(t)
	html := clitest.Says(200, "text/html", "<html><title>Sign in</title></html>")
	for _, test := range []struct {
		name    string
		prefect http.RoundTripper
		env     map[string]string
		want    map[string]string
		says    string
	}{
		{"healthy", clitest.StartPrefect(t), nil, all(ok, ok, ok, ok, ok), "Prefect 3.9.1"},
		{"2.20", standIn{version: "2.20.26"}.answers(), nil, all(ok, ok, ok, ok, ok), "Prefect 2.20.26"},
		{"older", standIn{version: "2.19.9"}.answers(), nil, all(ok, ok, ok, failed, ok), "the server runs Prefect 2.19.9, and Pacific speaks to 2.20 and 3.x only"},
		{"newer", standIn{version: "4.0.0"}.answers(), nil, all(ok, ok, ok, failed, ok), "the server runs Prefect 4.0.0"},
		{"clock ahead", standIn{version: "3.8.8", ahead: time.Hour}.answers(), nil, all(ok, ok, ok, ok, failed), "ahead of this machine's"},
		{"clock behind", standIn{version: "3.8.8", ahead: -time.Hour}.answers(), nil, all(ok, ok, ok, ok, failed), "behind this machine's"},
		{"signed in", guarded, map[string]string{"PREFECT_API_AUTH_STRING": "admin:hunter2"}, all(ok, ok, ok, ok, ok),
			"the server accepts PREFECT_API_AUTH_STRING from the environment"},
		{"not signed in", guarded, nil, all(ok, ok, failed, skipped, ok), "Prefect answers 401: Unauthorized"},
		{"wrong password", guarded, map[string]string{"PREFECT_API_AUTH_STRING": "admin:hunter2x"}, all(ok, ok, failed, skipped, ok), "correct PREFECT_API_AUTH_STRING from the environment; "},
		{"wrong key", guarded, map[string]string{"PREFECT_API_KEY": "hunter2x"}, all(ok, ok, failed, skipped, ok), "correct PREFECT_API_KEY from the environment; "},
		{"not Prefect", html, nil, all(ok, failed, skipped, skipped, skipped), "a web page titled"},
		{"nobody", clitest.Broken{Err: errors.New("connection reset by peer")}, nil, all(ok, failed, skipped, skipped, skipped), "connection reset by peer"},
		{"no address", nil, map[string]string{"PREFECT_API_URL": "hunter2"}, all(ok, failed, skipped, skipped, skipped), "not an http or https URL"},
		{"not set", nil, map[string]string{"PREFECT_API_URL": ""}, map[string]string{"prefect settings": note}, "no PREFECT_API_URL, which pacific run does not need"},
		{"a warning", standIn{version: "3.8.8"}.answers(), map[string]string{"PREFECT_PROFILE": "nope"}, all(note, ok, ok, ok, ok), `profile \"nope\"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := clitest.New(t, nil)
			h.Prefect = test.prefect
			h.Vars["PREFECT_API_URL"] = clitest.PrefectURL
			h.Vars["PREFECT_CLIENT_MAX_RETRIES"] = "0"
			r := h.With(test.env).Run("doctor", "--output", "json")
			got := statuses(t, r)
			for name := range got {
				if !strings.HasPrefix(name, "prefect ") {
					delete(got, name)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s\n%s", diff, r.Stdout)
			}
			if !strings.Contains(r.Stdout, test.says) {
				t.Errorf("%q is missing in\n%s", test.says, r.Stdout)
			}
			if test.env["PREFECT_API_URL"] != "hunter2" && strings.Contains(r.Stdout+r.Stderr, "hunter2") {
				t.Errorf("a secret is in the output:\n%s%s", r.Stdout, r.Stderr)
			}
		})
	}
}

// TestDoctorSaysWhereSettingsComeFrom: every setting that is not as Prefect has it by itself, with its place.
func TestDoctorSaysWhereSettingsComeFrom(t *testing.T) {
	h := clitest.New(t, nil)
	h.Stdin = "hunter2\n"
	h.Run("profile", "set", "PREFECT_API_AUTH_STRING", "--stdin").Wants(t, 0, "", "")
	h.Run("profile", "set", "PREFECT_LOGGING_LEVEL=DEBUG").Wants(t, 0, "", "")
	h.Prefect = standIn{version: "3.8.8"}.answers()
	r := h.With(map[string]string{"PREFECT_API_URL": "http://user:hunter2@prefect.local/api"}).Run("doctor")
	for _, want := range []string{
		"ok       prefect settings: profile ephemeral (active in ",
		"; PREFECT_API_URL=http://user:********@prefect.local/api from the environment",
		"; PREFECT_API_AUTH_STRING=******** from profile ephemeral",
		"; PREFECT_LOGGING_LEVEL=DEBUG from profile ephemeral",
		"ok       prefect authentication: the server accepts PREFECT_API_AUTH_STRING from profile ephemeral\n",
	} {
		r.Wants(t, 0, want, "")
	}
	if strings.Contains(r.Stdout+r.Stderr, "hunter2") {
		t.Errorf("a secret is in the output:\n%s%s", r.Stdout, r.Stderr)
	}
	h.Run("doctor", "--profile", "nope").Wants(t, 1, `failed   prefect settings: there is no profile "nope" in `, "")
}
