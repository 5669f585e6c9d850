package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// measureBootstrap makes the environment of pacific bootstrap from nothing, natively and by az from the template that pacific
// prints, with the same parameters: in turns, on one emulator, each in a resource group of its own that is there already.
// The small run has no az: it makes the environment and finds it again.
func measureBootstrap(t *testing.T, b *bench) {
	az := os.Getenv(azEnv)
	home := t.TempDir()
	key, template := filepath.Join(home, "key.txt"), filepath.Join(home, "environment.json")
	if err := os.WriteFile(key, []byte("pnu_bench"), 0o600); err != nil {
		t.Fatal(err)
	}
	site := &provisionSite{local: startEmulator(t, b.pacific), variables: []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + home, "GORACE=" + os.Getenv("GORACE"), "LANG=C.UTF-8",
	}}
	for name, value := range site.env {
		site.variables = append(site.variables, name+"="+value)
	}
	const api = "https://prefect.example.com/api"
	bootstrap := []string{
		"bootstrap", "--no-worker", "--yes", "--location", "westeurope", "--prefect-api-url", api, "--prefect-api-key-file", key, "--resource-group",
	}
	// complete fails unless all of the environment is there.
	complete := func(group string) {
		t.Helper()
		site.run("  create  ", b.pacific, "bootstrap", "--no-worker", "--plan", "--resource-group", group)
	}
	if !b.size.full {
		site.run("", b.pacific, append(bootstrap, "small")...)
		complete("small")
		return
	}
	if az == "" {
		b.table.add(row{what: "environment of pacific bootstrap", got: "LEFT OUT", beside: azEnv + " names no az (make e2e installs one)"})
		fmt.Fprintf(os.Stderr, "bench: bootstrap is LEFT OUT: %s is not set\n", azEnv)
		return
	}
	_, text := timed(t, b.pacific, "bootstrap", "--print-template")
	if err := os.WriteFile(template, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	site.run("", az, "login", "--service-principal", "-u", site.env["AZURE_CLIENT_ID"], "-p", site.env["AZURE_CLIENT_SECRET"], "--tenant", site.env["AZURE_TENANT_ID"])
	var ours, theirs, oursCPU, theirsCPU sample
	for i := range b.size.azRounds {
		native, byAz := fmt.Sprint("native-", i), fmt.Sprint("az-", i)
		for _, group := range []string{native, byAz} {
			site.run("", az, "group", "create", "--name", group, "--location", "westeurope")
		}
		wall, cpu := site.run("", b.pacific, append(bootstrap, native)...)
		ours.add(wall)
		oursCPU.add(cpu)
		wall, cpu = site.run("", az, "deployment", "group", "create", "--resource-group", byAz, "--template-file", template,
			"--parameters", "prefectApiUrl="+api, "prefectApiKey=pnu_bench")
		theirs.add(wall)
		theirsCPU.add(cpu)
		complete(native)
		complete(byAz)
	}
	for _, figure := range []struct {
		what      string
		got, with *sample
	}{{"time", &ours, &theirs}, {"processor time", &oursCPU, &theirsCPU}} {
		got, with := figure.got.median(), figure.with.median()
		b.table.add(row{
			what: "environment of pacific bootstrap from nothing: " + figure.what, got: millis(got), beside: "az deployment group create " + millis(with),
			ratio: times(got, with), expected: "under 1×", missed: got >= with,
		})
	}
}
