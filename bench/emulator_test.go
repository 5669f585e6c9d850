package bench

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// local is an emulator in a process of its own, as a user starts it.
type local struct {
	t       *testing.T
	process *exec.Cmd
	ready   time.Duration // from the start of the process to its one line
	env     map[string]string
	roots   *x509.CertPool
}

// startEmulator starts one on a free port and waits for its line.
func startEmulator(t *testing.T, pacific string, flags ...string) *local {
	t.Helper()
	e := &local{t: t, env: map[string]string{}, roots: x509.NewCertPool()}
	file := filepath.Join(t.TempDir(), "azure.env")
	e.process = exec.Command(pacific, append([]string{"emulator", "start", "--listen", "127.0.0.1:0", "--env-file", file}, flags...)...)
	e.process.Stderr = os.Stderr
	stdout, err := e.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := e.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.stop)
	line, err := bufio.NewReader(stdout).ReadString('\n')
	e.ready = time.Since(began)
	if err != nil || !strings.HasPrefix(line, "ready: ") {
		t.Fatalf("the emulator is not ready: %v: %q", err, line)
	}
	e.readEnvironment(file)
	answer, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Get(e.env["PACIFIC_EMULATOR_URL"] + "/_emulator/health")
	if err != nil {
		t.Fatal(err)
	}
	if answer.Body.Close(); answer.StatusCode != http.StatusOK {
		t.Fatalf("ready, and answers %s", answer.Status)
	}
	return e
}

func (e *local) readEnvironment(file string) {
	e.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		e.t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "export ")), "=")
		if !ok {
			e.t.Fatalf("the environment file has the line %q", line)
		}
		e.env[name] = strings.Trim(value, "'")
	}
	bundle, err := os.ReadFile(e.env["SSL_CERT_FILE"])
	if err != nil || !e.roots.AppendCertsFromPEM(bundle) {
		e.t.Fatalf("no certificate authority in %s: %v", e.env["SSL_CERT_FILE"], err)
	}
}

// stop ends it as a user does, and wants it to end well.
func (e *local) stop() {
	if e.process.ProcessState != nil {
		return
	}
	if err := e.process.Process.Signal(syscall.SIGTERM); err != nil {
		e.t.Error(err)
	}
	if err := e.process.Wait(); err != nil {
		e.t.Errorf("the emulator ended with %v, want 0", err)
	}
}

func (e *local) account() azureemulator.Account {
	return azureemulator.Account{
		TenantID: e.env["AZURE_TENANT_ID"], SubscriptionID: e.env["AZURE_SUBSCRIPTION_ID"],
		ClientID: e.env["AZURE_CLIENT_ID"], ClientSecret: e.env["AZURE_CLIENT_SECRET"],
	}
}

// proxied is how every client comes: CONNECT, then TLS.
func (e *local) proxied() *http.Transport {
	proxy, err := url.Parse(e.env["HTTPS_PROXY"])
	if err != nil {
		e.t.Fatal(err)
	}
	return &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: e.roots}, MaxIdleConnsPerHost: 64}
}

// direct speaks TLS to the one port at once: what there would be without CONNECT.
func (e *local) direct() *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, e.address())
		},
		TLSClientConfig: &tls.Config{RootCAs: e.roots}, MaxIdleConnsPerHost: 64,
	}
}

// address is the one port's HOST:PORT.
func (e *local) address() string { return strings.TrimPrefix(e.env["PACIFIC_EMULATOR_URL"], "http://") }
