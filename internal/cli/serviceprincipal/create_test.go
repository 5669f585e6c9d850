package serviceprincipal_test

import (
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// account is what create prints, as az does.
type account struct{ AppID, DisplayName, Password, Tenant string }

// create makes a service principal and reads what is printed.
func create(h *clitest.Harness, args ...string) account {
	h.T.Helper()
	var made account
	h.JSON(h.Must(append([]string{"service-principal", "create"}, args...)...), &made)
	if made.AppID == "" || made.DisplayName == "" || made.Password == "" || made.Tenant != h.Server.Account().TenantID {
		h.T.Fatalf("got %+v", made)
	}
	return made
}

// as is the harness signed in with an account.
func as(h *clitest.Harness, made account) *clitest.Harness {
	return h.With(map[string]string{"AZURE_CLIENT_ID": made.AppID, "AZURE_CLIENT_SECRET": made.Password})
}

// canSignIn reports whether an account's secret works.
func canSignIn(h *clitest.Harness, made account) bool {
	h.T.Helper()
	cloud, err := azure.NewCloud(h.T.Context(), azure.Options{Transport: h.Server.Transport(), Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: made.Tenant, ClientID: made.AppID, ClientSecret: made.Password,
	}})
	if err != nil {
		h.T.Fatal(err)
	}
	defer cloud.CloseIdleConnections()
	credential, err := cloud.Credential()
	if err != nil {
		h.T.Fatal(err)
	}
	_, err = credential.GetToken(h.T.Context(), policy.TokenRequestOptions{Scopes: []string{"https://management.azure.com/.default"}})
	return err == nil
}

// TestCreate: with each role the account can run a job in its group, and nowhere else; only Contributor can do more.
func TestCreate(t *testing.T) {
	for _, role := range []string{"", "contributor", "aci-job-creator", "worker", "file"} {
		t.Run(role, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := clitest.New(t, clitest.Job)
				h.Must("group", "create", "other", "--location", "westeurope")
				args := []string{"app"}
				switch role {
				case "":
				case "file":
					h.Write("role.json", h.Must("role", "show", "aci-job-creator", "--output", "json").Stdout)
					args = append(args, "--role-file", "role.json")
				default:
					args = append(args, "--role", role)
				}
				made := create(h, args...)
				run := []string{"run", "--name", "job", "--image", "alpine:3", "--", "echo", "hello"}
				as(h, made).Run(run...).Wants(t, 0, "hello\n", "")
				as(h, made).Run(append([]string{"run", "--resource-group", "other"}, run[1:]...)...).Wants(t, 125, "", "AuthorizationFailed")
				code := 1
				if role == "" || role == "contributor" {
					code = 0
				}
				as(h, made).Run("group", "rm", clitest.Group, "--yes").Wants(t, code, "", "")
			})
		})
	}
}

// TestCreateAgain: the secret of a complete account is replaced only if somebody agrees; an application of somebody else is
// used only then, too.
func TestCreateAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		first := create(h, "app")
		r := h.Run("service-principal", "create", "app")
		r.Wants(t, 3, "", "replace the secret of service principal app ("+first.AppID+")")
		if r.Stdout != "" || !canSignIn(h, first) {
			t.Errorf("the secret was replaced all the same: %q", r.Stdout)
		}
		h.Run("service-principal", "create", "app", "--secret-lifetime", "90d").Wants(t, 3, "", "--secret-lifetime=90d app --yes does it")
		second := create(h, "app", "--yes", "--secret-lifetime", "90d")
		if second.AppID != first.AppID || second.Password == first.Password || canSignIn(h, first) || !canSignIn(h, second) {
			t.Errorf("got %+v after %+v", second, first)
		}
	})
}

// TestCreateAfterRefusal: a run that fails half way is finished by the next one, which asks nothing, and nobody is told a secret.
func TestCreateAfterRefusal(t *testing.T) {
	for name, test := range map[string]struct{ fault, hint string }{
		"application": {`{"match":{"method":"PATCH","path":"*/applications*"},"times":1,"effect":{"status":403,"code":"Authorization_RequestDenied","message":"no"}}`, "Application Developer"},
		"role":        {`{"match":{"operation":"RoleAssignments_Create"},"times":1,"effect":{"status":403,"code":"AuthorizationFailed","message":"no"}}`, "User Access Administrator"},
		"secret":      {`{"match":{"path":"*/addPassword"},"times":1,"effect":{"status":403,"code":"Authorization_RequestDenied","message":"no"}}`, "owner of the app registration"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := clitest.New(t, clitest.Job)
				h.Fault(test.fault)
				h.Run("service-principal", "create", "app").Wants(t, 1, "", test.hint)
				made := create(h, "app")
				var deleted struct {
					AppID  string
					Scopes []string
				}
				h.JSON(h.Must("service-principal", "rm", "app", "--yes", "--output", "json"), &deleted)
				if deleted.AppID != made.AppID || len(deleted.Scopes) != 1 {
					t.Errorf("got %+v of %+v", deleted, made)
				}
				h.Run("service-principal", "rm", "app", "--yes").Wants(t, 1, "", `no service principal "app"`)
			})
		})
	}
}

// TestCreateBlock saves the account on a Prefect server, over a block of its own without and over another only with --yes.
func TestCreateBlock(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	h.Prefect, h.Vars["PREFECT_API_URL"] = clitest.StartPrefect(t), clitest.PrefectURL
	load := func() prefect.AzureContainerInstanceCredentials {
		t.Helper()
		var block prefect.AzureContainerInstanceCredentials
		if _, err := h.Client().LoadBlock(t.Context(), "aci-sp", &block); err != nil {
			t.Fatal(err)
		}
		return block
	}
	is := func(made account) bool {
		got := load()
		return got.ClientID == made.AppID && got.TenantID == made.Tenant && string(got.ClientSecret) == made.Password
	}
	first := create(h, "one", "--block", "aci-sp")
	if !is(first) {
		t.Errorf("the block has another account than %s", first.AppID)
	}
	h.Run("service-principal", "create", "two", "--block", "aci-sp").Wants(t, 3, "", "overwrite block aci-sp, which signs in as "+first.AppID)
	if !is(first) {
		t.Error("the block was overwritten all the same")
	}
	if second := create(h, "two", "--block", "aci-sp", "--yes"); !is(second) {
		t.Errorf("the block has another account than %s", second.AppID)
	}
	h.Run("service-principal", "create", "three", "--block", "Not A Name").Wants(t, 2, "", "cannot be a block's name")

	server := h.Prefect
	h.Prefect = clitest.Answers(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/api/block_documents/" {
			answer, err := server.RoundTrip(r)
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			w.WriteHeader(answer.StatusCode)
			_, _ = io.Copy(w, answer.Body)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	})
	r := h.Run("service-principal", "create", "four", "--block", "new")
	r.Wants(t, 1, "", "pacific service-principal create --block=new four --yes")
	if r.Stdout != "" {
		t.Errorf("it printed %q", r.Stdout)
	}
	h.Prefect = server
	create(h, "four", "--block", "new", "--yes")
}

// TestCreateRefuses says what is wrong before anything is made.
func TestCreateRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Write("empty.json", `{"Name": "r"}`)
		for _, test := range []struct {
			args []string
			code int
			says string
		}{
			{nil, 2, "needs the name of a service principal"},
			{[]string{"a", "b"}, 2, `takes one name, got also "b"`},
			{[]string{"a", "--role", "owner"}, 2, `unknown --role "owner"`},
			{[]string{"a", "--output", "yaml"}, 2, `unknown --output "yaml"`},
			{[]string{"a", "--role", "worker", "--role-file", "empty.json"}, 2, "cannot be used together"},
			{[]string{"a", "--role-file", "empty.json"}, 2, "allows nothing"},
			{[]string{"a", "--role-file", "none.json"}, 2, "none.json"},
			{[]string{"a", "--secret-lifetime", "soon"}, 2, "it is not a length of time"},
			{[]string{"a", "--secret-lifetime", "9000000d"}, 2, "it is not a length of time"},
			{[]string{"a", "--secret-lifetime", "0"}, 2, "it must be more than zero"},
			{[]string{"a", "--secret-lifetime", "-5d"}, 2, "it must be more than zero"},
			{[]string{"a", "--role-file", ""}, 2, "--role-file is empty"},
			{[]string{"a", "--block", ""}, 2, "--block is empty"},
			{[]string{"a", "--resource-group", "none"}, 1, `no resource group "none"`},
		} {
			h.Run(append([]string{"service-principal", "create"}, test.args...)...).Wants(t, test.code, "", test.says)
		}
		h.With(map[string]string{"PACIFIC_RESOURCE_GROUP": ""}).Run("service-principal", "create", "a").Wants(t, 2, "", "no resource group is set")
		h.Run("service-principal", "rm", "a", "--yes").Wants(t, 1, "", `no service principal "a"`)
	})
}

// TestCreateWithFewerRights: whoever follows the hint to a smaller role has that one alone afterwards, is asked before, and
// is told of a role that somebody else gave.
func TestCreateWithFewerRights(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		h.Run("service-principal", "create", "app").Wants(t, 0, "", "has the role Contributor in resource group "+clitest.Group)
		h.Run("service-principal", "create", "app", "--role", "aci-job-creator").Wants(t, 3, "",
			"and take away its role Contributor in resource group "+clitest.Group+": cannot ask")
		r := h.Run("service-principal", "create", "app", "--role", "aci-job-creator", "--yes")
		r.Wants(t, 0, "", "took away the role Contributor in resource group "+clitest.Group)
		r.Wants(t, 0, "", "has the role aci-job-creator in")
		var made account
		h.JSON(r, &made)
		if strings.Contains(r.Stderr, "also has") {
			t.Errorf("it still has another role:\n%s", r.Stderr)
		}
		as(h, made).Run("group", "rm", clitest.Group, "--yes").Wants(t, 1, "", "AuthorizationFailed")
		as(h, made).Run("run", "--name", "job", "--image", "alpine:3", "--", "echo", "hello").Wants(t, 0, "hello\n", "")

		give(h, made.AppID, "/subscriptions/"+h.Server.Account().SubscriptionID, access.Reader)
		r = h.Run("service-principal", "create", "app", "--role", "aci-job-creator", "--yes")
		r.Wants(t, 0, "", "warning: it also has the role Reader at /subscriptions/"+h.Server.Account().SubscriptionID+"\n")
		if strings.Contains(r.Stderr, "took away") {
			t.Errorf("it took a role that somebody else gave:\n%s", r.Stderr)
		}
	})
}

// TestRmNamesScopesOnce: an account with two roles in one place had roles in one place.
func TestRmNamesScopesOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		scope := "/subscriptions/" + h.Server.Account().SubscriptionID + "/resourceGroups/" + clitest.Group
		give(h, create(h, "app").AppID, scope, access.Reader)
		var deleted struct{ Scopes []string }
		h.JSON(h.Must("service-principal", "rm", "app", "--yes", "--output", "json"), &deleted)
		if len(deleted.Scopes) != 1 || deleted.Scopes[0] != scope {
			t.Errorf("got %v", deleted.Scopes)
		}
	})
}

// give gives an account a role, as its owner would.
func give(h *clitest.Harness, clientID, scope string, role access.BuiltIn) {
	h.T.Helper()
	account := h.Server.Account()
	cloud, err := azure.NewCloud(h.T.Context(), azure.Options{Transport: h.Server.Transport(), Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		h.T.Fatal(err)
	}
	defer cloud.CloseIdleConnections()
	client, err := access.NewClient(cloud, access.Options{})
	if err != nil {
		h.T.Fatal(err)
	}
	principal, err := client.ServicePrincipal(h.T.Context(), clientID)
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := client.Assign(h.T.Context(), access.Assignment{Scope: scope, Role: string(role), Principal: principal.ObjectID}); err != nil {
		h.T.Fatal(err)
	}
}

// TestRoleFile: what is wrong with a role file is said in the file's words, and a name that another group's role has in the
// tenant is said to be that.
func TestRoleFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		for text, says := range map[string]string{
			`{"Name": "r", "Actions": "x/read"}`: "role.json: reading the role definition: actions: want a list, got a text",
			`{"Name": "r", "Actions": [1]}`:      "actions: want a text, got a number",
			`{"Name": 5}`:                        "name: want a text, got a number",
			`[{"Name": "r"}]`:                    "the file: want an object, got a list",
			`{"Name": "r", "permissions": {}}`:   "permissions: want a list, got an object",
			"{\"Name\":\n  \"r\",}":              "reading the role definition: line 2, column 7: not valid JSON: invalid character",
		} {
			h.Write("role.json", text)
			r := h.Run("service-principal", "create", "a", "--role-file", "role.json")
			r.Wants(t, 2, "", says)
			if strings.Contains(r.Stderr, "Go ") || strings.Contains(r.Stderr, "Permission.") {
				t.Errorf("%s names Go's types: %s", text, r.Stderr)
			}
		}
		h.Stdin = "[]"
		h.Run("service-principal", "create", "a", "--role-file", "-").Wants(t, 2, "", "--role-file: standard input: ")

		h.Must("group", "create", "other", "--location", "westeurope")
		h.Write("role.json", `{"Name": "Job lister", "Actions": ["Microsoft.ContainerInstance/containerGroups/read"]}`)
		h.Run("service-principal", "create", "one", "--role-file", "role.json").Wants(t, 0, "", "has the role Job lister in resource group")
		r := h.Run("service-principal", "create", "two", "--role-file", "role.json", "--resource-group", "other")
		r.Wants(t, 1, "", `the role "Job lister" exists in this tenant, and cannot be assigned at /subscriptions/`)
		r.Wants(t, 1, "", `hint: names of roles are unique in a tenant: change the name "Job lister" in the role definition`)
	})
}

// TestOutput: a POSIX shell that evaluates the lines has the four variables, and PowerShell's are quoted as it reads them.
func TestOutput(t *testing.T) {
	h := clitest.New(t, clitest.Job)
	r := h.Must("service-principal", "create", "app", "--output", "env")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no POSIX shell here")
	}
	out, err := exec.Command(shell, "-c", r.Stdout+`printf '%s\n' "$TENANT_ID" "$CLIENT_ID" "$CLIENT_SECRET" "$SUBSCRIPTION_ID"`).Output()
	values := strings.Split(strings.TrimSpace(string(out)), "\n")
	if err != nil || len(values) != 4 || values[0] != h.Server.Account().TenantID || values[3] != h.Server.Account().SubscriptionID {
		t.Fatalf("got %q, %v", values, err)
	}
	if !canSignIn(h, account{AppID: values[1], Password: values[2], Tenant: values[0]}) {
		t.Error("the values do not sign in")
	}
	if strings.Contains(r.Stderr, values[2]) {
		t.Error("the secret is on standard error")
	}
	r = h.Must("service-principal", "create", "app", "--output", "powershell", "--yes")
	lines := strings.Split(strings.TrimSpace(r.Stdout), "\n")
	if len(lines) != 4 || lines[1] != "$env:CLIENT_ID = '"+values[1]+"'" || !strings.HasPrefix(lines[2], "$env:CLIENT_SECRET = '") {
		t.Errorf("got %q", lines)
	}
	h.Terminal = true
	h.Run("service-principal", "create", "other", "--output", "env").Wants(t, 0, "export CLIENT_SECRET='", "shown this once")
	// What the environment says of other commands' output does not count here.
	h.Terminal = false
	h.With(map[string]string{"PACIFIC_OUTPUT": "text"}).Run("service-principal", "create", "third").Wants(t, 0, `{"appId":`, "")
}

// TestRm: only what create made is deleted.
func TestRm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clitest.New(t, clitest.Job)
		made := create(h, "app")
		h.Run("service-principal", "rm", "app").Wants(t, 3, "", "delete service principal app ("+made.AppID+")")
		if !canSignIn(h, made) {
			t.Error("it was deleted all the same")
		}
		h.Run("sp", "delete", "app", "--yes").Wants(t, 0, "", "deleted service principal app")
		if canSignIn(h, made) {
			t.Error("it is still there")
		}
	})
}
