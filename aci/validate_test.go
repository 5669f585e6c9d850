package aci_test

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/aci"
)

// invalid gives the problems of a job by field.
func invalid(t *testing.T, err error) map[string]*aci.InvalidError {
	t.Helper()
	found := map[string]*aci.InvalidError{}
	if err == nil {
		return found
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		t.Fatalf("%T is no joined error: %v", err, err)
	}
	for _, one := range joined.Unwrap() {
		problem, ok := errors.AsType[*aci.InvalidError](one)
		if !ok {
			t.Fatalf("%T is no *InvalidError: %v", one, one)
		}
		found[problem.Field] = problem
		if strings.Contains(problem.Error(), "\n") {
			t.Errorf("more than one line: %q", problem)
		}
	}
	return found
}

func manyTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("t%d", i)] = "v"
	}
	return tags
}

// A refusal is a job with one thing wrong.
type refusal struct {
	name  string
	job   aci.Job
	field string
	says  string // a part of the message: the rule or the right form
}

func checkRefusals(t *testing.T, cases []refusal) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			found := invalid(t, c.job.Validate())
			problem := found[c.field]
			if problem == nil {
				t.Fatalf("no problem with %s; got %v", c.field, found)
			}
			if len(found) != 1 {
				t.Errorf("%d problems, want 1: %v", len(found), found)
			}
			if !strings.Contains(problem.Error(), c.says) {
				t.Errorf("%q does not say %q", problem, c.says)
			}
		})
	}
}

func TestValidateRefusesContainer(t *testing.T) {
	checkRefusals(t, []refusal{
		{"capital", aci.Job{Name: "Hello"}, "Name", `give "hello"`},
		{"blank", aci.Job{Name: "my job"}, "Name", `give "my-job"`},
		{"underscore", aci.Job{Name: "my_job"}, "Name", "lower-case letters"},
		{"first hyphen", aci.Job{Name: "-a"}, "Name", "inner hyphens"},
		{"last hyphen", aci.Job{Name: "a-"}, "Name", "inner hyphens"},
		{"two hyphens", aci.Job{Name: "a--b"}, "Name", `give "a-b"`},
		{"64 letters", aci.Job{Name: strings.Repeat("a", 64)}, "Name", "1 to 63"},
		{"umlaut", aci.Job{Name: "größe"}, "Name", `give "gr-e"`},
		{"main container", aci.Job{MainContainer: "A"}, "MainContainer", "lower-case"},

		{"image scheme", aci.Job{Image: "https://example.azurecr.io/a"}, "Image", "without a scheme"},
		{"image capital", aci.Job{Image: "Alpine"}, "Image", "lower case"},
		{"image blank", aci.Job{Image: "alpine latest"}, "Image", "image reference"},
		{"image blanks", aci.Job{Image: " "}, "Image", "image reference"},
		{"image digest", aci.Job{Image: "alpine@sha256:12"}, "Image", "digest"},

		{"no program", aci.Job{Command: []string{"", "x"}}, "Command[0]", "name a program"},
		{"null byte", aci.Job{Command: []string{"echo", "a\x00b"}}, "Command[1]", "null byte"},
		{"entrypoint null byte", aci.Job{Entrypoint: "a\x00", Command: []string{"b"}}, "Entrypoint", "null byte"},
		{"entrypoint blank", aci.Job{Entrypoint: " ", Command: []string{"b"}}, "Entrypoint", "name a program"},
		{"entrypoint alone", aci.Job{Entrypoint: "tini"}, "Entrypoint", "a Command too"},

		{"cpu negative", aci.Job{CPU: -1}, "CPU", "more than 0"},
		{"cpu too much", aci.Job{CPU: 31.5}, "CPU", "at most 31"},
		{"cpu nan", aci.Job{CPU: math.NaN()}, "CPU", "more than 0"},
		{"cpu infinite", aci.Job{CPU: math.Inf(1)}, "CPU", "at most 31"},
		{"memory negative", aci.Job{MemoryGB: -0.5}, "MemoryGB", "more than 0"},
		{"memory too much", aci.Job{MemoryGB: 240.1}, "MemoryGB", "at most 240"},
		{"memory step", aci.Job{MemoryGB: 1.25}, "MemoryGB", "steps of 0.1"},
		{"memory in bytes", aci.Job{MemoryGB: 4e9}, "MemoryGB", "at most 240 GB"},
		{"memory nan", aci.Job{MemoryGB: math.NaN()}, "MemoryGB", "more than 0"},
		{"cpu too little", aci.Job{CPU: 0.5}, "CPU", "together must have 1 to 31 cores"},
		{"memory too little", aci.Job{MemoryGB: 0.9}, "MemoryGB", "together must have 1 to 240 GB"},
		{"gpu count alone", aci.Job{GPUCount: 1}, "GPUSKU", "V100"},
		{"gpu sku alone", aci.Job{GPUSKU: "V100"}, "GPUCount", "is required with GPUSKU"},
		{"gpu negative", aci.Job{GPUCount: -1, GPUSKU: "V100"}, "GPUCount", "negative"},
	})
}

func TestValidateRefusesEnv(t *testing.T) {
	checkRefusals(t, []refusal{
		{"env empty", aci.Job{Env: map[string]string{"": "v"}}, `Env[""]`, "letters, digits and underscores"},
		{"env digit", aci.Job{Env: map[string]string{"1X": "v"}}, `Env["1X"]`, "cannot start with a digit"},
		{"env hyphen", aci.Job{Env: map[string]string{"MY-NAME": "v"}}, `Env["MY-NAME"]`, "MY_NAME"},
		{"env dot", aci.Job{Env: map[string]string{"discovery.type": "v"}}, `Env["discovery.type"]`, "underscores"},
		{"env long", aci.Job{Env: map[string]string{strings.Repeat("A", 64): "v"}}, `Env["` + strings.Repeat("A", 64) + `"]`, "1 to 63"},
		{"env null byte", aci.Job{Env: map[string]string{"A": "\x00"}}, `Env["A"]`, "null byte"},
		{"secure env equals", aci.Job{SecureEnv: map[string]string{"A=B": "v"}}, `SecureEnv["A=B"]`, "letters, digits"},
		{"secure env null byte", aci.Job{SecureEnv: map[string]string{"A": "x\x00"}}, `SecureEnv["A"]`, "null byte"},
		{"both envs", aci.Job{Env: map[string]string{"A": "1"}, SecureEnv: map[string]string{"A": "2"}}, `Env["A"]`, "SecureEnv too"},
		{"visible unknown", aci.Job{VisibleEnv: []string{"A"}}, "VisibleEnv[0]", "is not a variable of Env"},
	})
}

func TestValidateRefusesIdentitiesAndRegistries(t *testing.T) {
	own := func(server string) []aci.Registry {
		return []aci.Registry{{Server: server, Username: "u", Password: "p"}}
	}
	checkRefusals(t, []refusal{
		{"identity of the documentation", aci.Job{Identities: []string{"/my/managed/identity/123abc"}}, "Identities[0]",
			"/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME"},
		{"identity empty", aci.Job{Identities: []string{reader, ""}}, "Identities[1]", "resource id"},
		{"identity client id", aci.Job{Identities: []string{"11111111-2222-3333-4444-555555555555"}}, "Identities[0]", "resource id"},
		{"identity without a name", aci.Job{Identities: []string{strings.TrimSuffix(reader, "reader")}}, "Identities[0]", "resource id"},
		{"identity too long", aci.Job{Identities: []string{reader + "/x"}}, "Identities[0]", "resource id"},
		{"identity is a subnet", aci.Job{Identities: []string{subnet}}, "Identities[0]", "resource id"},

		{"server empty", aci.Job{Registries: own("https://")}, "Registries[0].Server", "example.azurecr.io"},
		{"server path", aci.Job{Registries: own("example.azurecr.io/team")}, "Registries[0].Server", `give "example.azurecr.io"`},
		{"server blank", aci.Job{Registries: own("example azurecr.io")}, "Registries[0].Server", "host name"},
		{"server port", aci.Job{Registries: own("example.com:0")}, "Registries[0].Server", "port"},
		{"server user", aci.Job{Registries: own("https://u:p@example.com")}, "Registries[0].Server", "fields"},
		{"server website", aci.Job{Registries: own("hub.docker.com")}, "Registries[0].Server", `give "index.docker.io"`},
		{"server twice", aci.Job{Registries: append(own("docker.io"), own("https://index.docker.io/v1/")...)}, "Registries[1].Server", "Registries[0] too"},
		{"user and identity", aci.Job{Registries: []aci.Registry{{Server: "a.io", Username: "u", Password: "p", Identity: puller}}}, "Registries[0]", "either"},
		{"nobody pulls", aci.Job{Registries: []aci.Registry{{Server: "a.io"}}}, "Registries[0]", "neither a user nor an identity"},
		{"no password", aci.Job{Registries: []aci.Registry{{Server: "a.io", Username: "u"}}}, "Registries[0].Password", "must be given"},
		{"no user", aci.Job{Registries: []aci.Registry{{Server: "a.io", Password: "p"}}}, "Registries[0].Username", "must be given"},
		{"registry identity", aci.Job{Registries: []aci.Registry{{Server: "a.io", Identity: "me"}}}, "Registries[0].Identity", "resource id"},
	})
}

func TestValidateRefusesGroup(t *testing.T) {
	checkRefusals(t, []refusal{
		{"subnet name", aci.Job{SubnetIDs: []string{"jobs"}}, "SubnetIDs[0]", "/virtualNetworks/NETWORK/subnets/NAME"},
		{"subnet of a network", aci.Job{SubnetIDs: []string{strings.TrimSuffix(subnet, "/subnets/jobs")}}, "SubnetIDs[0]", "a subnet"},
		{"subnet twice", aci.Job{SubnetIDs: []string{subnet, strings.ToUpper(subnet)}}, "SubnetIDs[1]", "twice"},
		{"dns name", aci.Job{DNSServers: []string{"dns.example.com"}}, "DNSServers[0]", "IP address"},
		{"dns port", aci.Job{DNSServers: []string{"10.0.0.1:53"}}, "DNSServers[0]", "10.0.0.10"},
		{"dns zone", aci.Job{DNSServers: []string{"fe80::1%eth0"}}, "DNSServers[0]", "IP address"},

		{"start timeout", aci.Job{StartTimeout: -time.Second}, "StartTimeout", "negative"},
		{"poll interval", aci.Job{PollInterval: -1}, "PollInterval", "negative"},
		{"timeout", aci.Job{Timeout: -time.Hour}, "Timeout", "90s"},
		{"stop grace", aci.Job{StopGrace: -1}, "StopGrace", "negative"},

		{"tag empty", aci.Job{Tags: map[string]string{"": "v"}}, `Tags[""]`, "1 to 512"},
		{"tag long", aci.Job{Tags: map[string]string{strings.Repeat("k", 513): "v"}}, `Tags["` + strings.Repeat("k", 513) + `"]`, "1 to 512"},
		{"tag slash", aci.Job{Tags: map[string]string{"a/b": "v"}}, `Tags["a/b"]`, "cannot contain"},
		{"tag value", aci.Job{Tags: map[string]string{"a": strings.Repeat("v", 257)}}, `Tags["a"]`, "at most 256"},
		{"tag of ours", aci.Job{Tags: map[string]string{"Pacific-Managed": "false"}}, `Tags["Pacific-Managed"]`, "sets itself"},
		{"tag case", aci.Job{Tags: map[string]string{"Team": "a", "team": "b"}}, `Tags["team"]`, "ignores case"},
		{"tags", aci.Job{Tags: manyTags(46)}, "Tags", "50 tags"},

		{"location", aci.Job{Location: "west-europe"}, "Location", "westeurope"},
		{"location blank", aci.Job{Location: "  "}, "Location", "Azure region"},
		{"keep", aci.Job{Keep: "sometimes"}, "Keep", "never, on-failure or always"},
	})
}

func TestValidateAccepts(t *testing.T) {
	full := strings.Repeat("a", 63)
	for name, job := range map[string]aci.Job{
		"zero":             {},
		"longest name":     {Name: full, MainContainer: full},
		"digits":           {Name: "1", MainContainer: "a--b"},
		"images":           {Image: "localhost:5000/a/b:tag@sha256:" + strings.Repeat("0", 64)},
		"empty argument":   {Command: []string{"printf", "%s", ""}},
		"limits":           {CPU: 31, MemoryGB: 240},
		"tenths":           {CPU: 1.1, MemoryGB: 1.3},
		"env":              {Env: map[string]string{"_X": "", "x1_": "line\nline", full: "v"}},
		"identity in caps": {Identities: []string{strings.ToUpper(reader)}},
		"forty-five tags":  {Tags: manyTags(45)},
		"display location": {Location: "West US 2"},
		"owner":            {Tags: map[string]string{aci.TagOwner: "w", aci.TagAttempt: "1"}},
		"registry address": {Registries: []aci.Registry{{Server: "10.0.0.1:5000", Username: "u", Password: "p"}}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := job.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

// All problems are told at once, and no secret is in any of them.
func TestValidateTellsAllAndNoSecret(t *testing.T) {
	const secret = "hunter2"
	job := aci.Job{
		Name: "No", Env: map[string]string{"1": secret + "\x00"}, SecureEnv: map[string]string{"2": secret + "\x00"},
		Registries: []aci.Registry{
			{Server: "https://u:" + secret + "@example.com", Username: "u", Password: secret, Identity: "x"},
			{Server: "a.io", Password: secret + "\x00"},
		},
		Tags: map[string]string{"a": strings.Repeat(secret, 50)}, Command: []string{secret + "\x00"},
	}
	err := job.Validate()
	var fields []string
	for _, one := range err.(interface{ Unwrap() []error }).Unwrap() {
		fields = append(fields, one.(*aci.InvalidError).Field)
	}
	want := []string{"Name", "Command[0]", `Env["1"]`, `Env["1"]`, `SecureEnv["2"]`, `SecureEnv["2"]`, "Registries[0].Server",
		"Registries[0]", "Registries[1].Username", "Registries[1].Password", `Tags["a"]`, "Registries"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%v %+v %#v %s", job, job, job, job), fmt.Sprintf("%+v %#v", job.Registries, job.Registries)} {
		if strings.Contains(text, secret) {
			t.Errorf("a secret is in %q", text)
		}
	}
}

func TestInvalidErrorText(t *testing.T) {
	for _, c := range []struct {
		err  aci.InvalidError
		want string
	}{
		{aci.InvalidError{Field: "CPU", Value: "-1", Rule: "must be more than 0", Want: "for example 1"}, `CPU: "-1": must be more than 0; give for example 1`},
		{aci.InvalidError{Field: "cpu", Rule: "must be a number, not text", Line: 3}, "line 3: cpu: must be a number, not text"},
	} {
		if got := c.err.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	found := invalid(t, aci.Job{Image: strings.Repeat("Ä", 500)}.Validate())
	if value := found["Image"].Value; len(value) > 130 {
		t.Errorf("an error quotes %d bytes", len(value))
	}
}
