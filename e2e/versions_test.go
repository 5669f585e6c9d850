package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// prefectVersion is the version of a major release that this run judges against.
func prefectVersion(t *testing.T, major int) prefect.Version {
	t.Helper()
	version := prefect.Version{Text: pinned(map[int]string{2: "PREFECT2", 3: "PREFECT3"}[major])}
	for i, part := range strings.Split(version.Text, ".") {
		n := 0
		for _, digit := range part {
			n = n*10 + int(digit-'0')
		}
		*[]*int{&version.Major, &version.Minor, &version.Patch}[i] = n
	}
	return version
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

// TestOneVersion holds what Pacific says of itself to the versions that it is judged against.
func TestOneVersion(t *testing.T) {
	want := pinned("PREFECT3")
	if prefectemulator.Version != want {
		t.Errorf("the API in memory is %s, want %s", prefectemulator.Version, want)
	}
	server, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = server.Close() }()
	agent := ""
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: transport(func(r *http.Request) (*http.Response, error) {
		agent = r.Header.Get("User-Agent")
		return server.Transport().RoundTrip(r)
	})})
	if err != nil {
		t.Fatal(err)
	}
	version, err := client.ServerVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if agent != "prefect/"+want+" (API 0.8.4)" {
		t.Errorf("the client calls itself %q, want Prefect %s", agent, want)
	}
	if version.Text != want || version.Text != prefectVersion(t, 3).Text || version.Major != 3 {
		t.Errorf("the server calls itself %v, want Prefect %s", version, want)
	}
}
