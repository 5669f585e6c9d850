//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// exposed is what az acr login --expose-token prints.
type exposed struct{ AccessToken, RefreshToken, LoginServer, Username string }

const (
	registryName = "e2eregistry1"
	registryHost = registryName + ".azurecr.io"
	tokenUser    = "00000000-0000-0000-0000-000000000000"
)

// newRegistry makes a registry with az.
func newRegistry(a *azure) {
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	a.az(0, "acr", "create", "--name", registryName, "--resource-group", "e2e", "--location", "westeurope", "--sku", "Basic")
}

// TestAzRegistry drives az through the life of a registry, with an image that a container group runs from it.
func TestAzRegistry(t *testing.T) {
	seconds(t)
	a := startAzure(t)
	a.login()
	a.az(0, "group", "create", "--name", "e2e", "--location", "westeurope")
	available := func(want bool) {
		var got struct{ NameAvailable bool }
		a.wants("acr check-name", []string{"Registries_CheckNameAvailability"}, func() { a.azJSON(&got, "acr", "check-name", "--name", registryName) })
		if got.NameAvailable != want {
			t.Errorf("the name is available: %v", got.NameAvailable)
		}
	}
	available(true)
	var made struct{ ID, LoginServer, ProvisioningState string }
	a.wants("acr create", []string{"Registries_Create", "poll", "Registries_Get"}, func() {
		a.azJSON(&made, "acr", "create", "--name", registryName, "--resource-group", "e2e", "--location", "westeurope", "--sku", "Basic")
	})
	if made.LoginServer != registryHost || made.ProvisioningState != "Succeeded" {
		t.Errorf("created: %+v", made)
	}
	available(false)
	var listed []struct{ Name string }
	a.wants("acr list", []string{"Registries_List"}, func() {
		a.azJSON(&listed, "acr", "list", "--query", "[?starts_with(name, 'e2ereg')]", "--subscription", a.values["AZURE_SUBSCRIPTION_ID"])
	})
	if len(listed) != 1 || listed[0].Name != registryName {
		t.Errorf("listed: %+v", listed)
	}
	if out := a.az(1, "acr", "create", "--name", registryName, "--resource-group", "local", "--sku", "Basic"); !strings.Contains(out.stderr, "AlreadyInUse") {
		t.Errorf("a taken name: %s", out.stderr)
	}

	var token exposed
	a.wants("acr login", []string{"Resources_List", "Registries_Get", "ContainerRegistry_CheckDockerV2Support", "ContainerRegistry_CheckDockerV2Support", "Entra_GetToken",
		"Authentication_ExchangeAadAccessTokenForAcrRefreshToken"}, func() { a.azJSON(&token, "acr", "login", "--name", registryHost, "--expose-token") })
	if token.LoginServer != registryHost || token.RefreshToken == "" || token.Username != tokenUser {
		t.Errorf("login: %s as %s, a token of %d bytes", token.LoginServer, token.Username, len(token.RefreshToken))
	}
	azImages(a, token)

	a.az(0, "acr", "update", "--name", registryName, "--admin-enabled", "true")
	var admin struct {
		Username  string
		Passwords []struct{ Value string }
	}
	a.azJSON(&admin, "acr", "credential", "show", "--name", registryName)
	if admin.Username != registryName || len(admin.Passwords) != 2 {
		t.Fatalf("admin: %q with %d passwords", admin.Username, len(admin.Passwords))
	}
	azRuns(a, "password", "--registry-login-server", registryHost, "--registry-username", admin.Username, "--registry-password", admin.Passwords[0].Value)
	wrong := a.az(1, azCreate("wrong", "--registry-login-server", registryHost, "--registry-username", admin.Username, "--registry-password", "wrong")...)
	if !strings.Contains(wrong.stderr, "InaccessibleImage") {
		t.Errorf("a wrong password: %s", wrong.stderr)
	}

	var identity struct{ ID, PrincipalID string }
	a.azJSON(&identity, "identity", "create", "--name", "puller", "--resource-group", "e2e")
	denied := a.az(1, azCreate("early", "--acr-identity", identity.ID, "--assign-identity", identity.ID)...)
	if !strings.Contains(denied.stderr, "InaccessibleImage") {
		t.Errorf("an identity without AcrPull: %s", denied.stderr)
	}
	a.az(0, "role", "assignment", "create", "--assignee-object-id", identity.PrincipalID, "--assignee-principal-type", "ServicePrincipal", "--scope", made.ID, "--role", "AcrPull")
	azRuns(a, "identity", "--acr-identity", identity.ID, "--assign-identity", identity.ID)

	a.wants("acr delete", []string{"Resources_List", "Registries_Delete"}, func() { a.az(0, "acr", "delete", "--name", registryName, "--yes") })
	available(true)
}

// azImages pushes an image with az's token, as go-containerregistry does, which az then lists.
func azImages(a *azure, token exposed) {
	t := a.t
	base, err := mutate.Config(empty.Image, v1.Config{Entrypoint: []string{"sh", "-c"}, Cmd: []string{"echo from the image"}})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(registryHost + "/team/app:1")
	if err != nil {
		t.Fatal(err)
	}
	auth := remote.WithAuth(authn.FromConfig(authn.AuthConfig{IdentityToken: token.RefreshToken}))
	if err := remote.Write(ref, base, auth, remote.WithTransport(a.transport()), remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// transport reaches the emulated Azure as its environment says.
func (a *azure) transport() http.RoundTripper {
	a.t.Helper()
	proxy, err := url.Parse(a.values["HTTPS_PROXY"])
	if err != nil {
		a.t.Fatal(err)
	}
	text, err := os.ReadFile(a.values["SSL_CERT_FILE"])
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	carry := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}}
	a.t.Cleanup(carry.CloseIdleConnections)
	return carry
}

func azCreate(group string, more ...string) []string {
	return append([]string{"container", "create", "--resource-group", "e2e", "--name", group, "--image", registryHost + "/team/app:1", "--os-type", "Linux",
		"--cpu", "1", "--memory", "1", "--restart-policy", "Never"}, more...)
}

// azRuns creates a container group of the image, whose own command then runs.
func azRuns(a *azure, group string, more ...string) {
	a.t.Helper()
	a.az(0, azCreate(group, more...)...)
	deadline := time.Now().Add(time.Minute)
	for {
		out := a.az(0, "container", "logs", "--resource-group", "e2e", "--name", group).stdout
		if strings.Contains(out, "from the image") {
			return
		}
		if time.Now().After(deadline) {
			a.t.Fatalf("the group %s prints %q", group, out)
		}
	}
}

// TestDockerRegistry signs docker in to a registry as az does, and pushes and pulls with a daemon that knows the emulated
// Azure by its environment alone.
func TestDockerRegistry(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	newRegistry(a)
	socket := dockerd(a)
	docker := func(code int, stdin string, args ...string) output {
		t.Helper()
		out := a.runIn(t.Context(), strings.NewReader(stdin), "docker", append([]string{"--host", socket, "--config", a.values["AZURE_CONFIG_DIR"]}, args...)...)
		if out.code != code {
			t.Fatalf("docker %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), out.code, code, out.stdout, out.stderr)
		}
		return out
	}
	var token exposed
	a.azJSON(&token, "acr", "login", "--name", registryName, "--expose-token")
	docker(1, "wrong", "login", "--username", tokenUser, "--password-stdin", registryHost)
	docker(0, token.RefreshToken, "login", "--username", tokenUser, "--password-stdin", registryHost)

	layer := filepath.Join(t.TempDir(), "layer.tar")
	if text, err := exec.Command("tar", "-cf", layer, "-C", "/bin", "busybox").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	const image = registryHost + "/team/docker:1"
	docker(0, "", "import", layer, image)
	docker(0, "", "push", image)
	docker(0, "", "rmi", image)
	docker(0, "", "pull", image)
	if out := docker(1, "", "pull", registryHost+"/team/docker:2"); !strings.Contains(out.stderr, "not found") {
		t.Errorf("pull of what is not there: %s", out.stderr)
	}
	docker(0, "", "logout", registryHost)
	docker(0, "", "rmi", image)
	if out := docker(1, "", "pull", image); !strings.Contains(out.stderr, "authentication required") {
		t.Errorf("pull after the logout: %s", out.stderr)
	}
}

// dockerd starts a daemon of the test's own with the emulator's environment, and returns its socket.
func dockerd(a *azure, flags ...string) (socket string) {
	t := a.t
	folder := t.TempDir()
	file := filepath.Join(folder, "docker.sock")
	log, err := os.Create(filepath.Join(folder, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd := exec.Command("/usr/sbin/dockerd", append([]string{"--host", "unix://" + file, "--data-root", filepath.Join(folder, "data"), "--exec-root",
		filepath.Join(folder, "exec"), "--pidfile", filepath.Join(folder, "pid"), "--bridge", newBridge(t), "--iptables=false", "--ip6tables=false",
		"--storage-driver", "vfs"}, flags...)...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "HOME=" + folder}, a.env...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	})
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if out := a.run("docker", "--host", "unix://"+file, "version"); out.code == 0 {
			return "unix://" + file
		}
		select {
		case err := <-ended:
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("dockerd ended: %v\n%s", err, text)
		case <-deadline.C:
			t.Fatal("dockerd does not answer")
		case <-tick.C:
		}
	}
}

// newBridge makes a bridge without members, for a daemon of the test's own. A daemon without a bridge removes docker0 as it
// starts, whosever that is. The address is of the range for benchmarks (RFC 2544), which no machine routes.
func newBridge(t *testing.T) (name string) {
	t.Helper()
	name = fmt.Sprintf("e2e%d", os.Getpid())
	ip := func(args ...string) {
		t.Helper()
		if text, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, text)
		}
	}
	ip("link", "add", "name", name, "type", "bridge")
	t.Cleanup(func() { ip("link", "del", name) })
	ip("address", "add", "198.18.255.1/30", "dev", name)
	return name
}
