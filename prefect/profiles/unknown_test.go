package profiles_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect/profiles"
)

func TestSettingsUnknown(t *testing.T) {
	source := newPlace(t, nil, map[string]string{".env": "PREFECT_DOTENV=hunter2\nOTHER=x\n"}).source()
	source.Names = []string{"PREFECT_ZZZ", "PREFECT_API_KEI", "PREFECT_API_KEY", "PREFECT_DEFAULT_WORK_POOL_NAME", "PATH", "PREFECT_PROFILE", "PREFECT__FLOW_RUN_ID",
		"PREFECT_LOGGING_ROOT_LEVEL", "PREFECT_INTEGRATIONS_AWS_ECS_X", "PREFECT_SERVER_SERVICE_HOST", "PREFECT_SERVER_SERVICE_PORT_HTTP", "PREFECT_SERVER_PORT", "PREFECT_SERVER_PORT_4200_TCP_ADDR"}
	s, err := profiles.LoadSettings(source)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"PREFECT_API_KEI", "PREFECT_ZZZ", "PREFECT_DOTENV"}; !slices.Equal(s.Unknown, want) {
		t.Errorf("unknown: got %v, want %v", s.Unknown, want)
	}
	want := "the environment sets PREFECT_API_KEI, which Prefect does not know\nthe environment sets PREFECT_ZZZ, which Prefect does not know\n.env sets PREFECT_DOTENV, which Prefect does not know"
	if got := strings.Join(s.Warnings, "\n"); got != want {
		t.Errorf("warnings:\n%s\nwant:\n%s", got, want)
	}
}

func TestLacksAPI(t *testing.T) {
	for address, want := range map[string]bool{
		"http://host/api": false, "http://host/api/": false, "http://host/prefect/api": false, "https://host/api?x=1": false, "": false, "gopher://host": false,
		"https://api.prefect.cloud/api/accounts/1/workspaces/2": false, "http://host": true, "http://host:4200/": true, "http://host/apis": true,
	} {
		if got := profiles.LacksAPI(address); got != want {
			t.Errorf("%s: got %v, want %v", address, got, want)
		}
	}
}
