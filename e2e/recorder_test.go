//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/internal/apispec"
)

// recorder stands between a client and the emulator as a second proxy, and holds every exchange with Resource Manager
// against Microsoft's API files.
type recorder struct {
	specs *apispec.Specs
	inner http.RoundTripper
	certs *authority

	mu        sync.Mutex
	exchanges int
	findings  map[string]int
}

// record makes the clients of a go through a recorder.
func (a *azure) record() *recorder {
	a.t.Helper()
	dir := os.Getenv(apispec.EnvDir)
	if dir == "" {
		a.t.Fatalf("%s is not set: this part holds the real az's traffic against Microsoft's API files", apispec.EnvDir)
	}
	specs, err := apispec.Load(dir)
	if err != nil {
		a.t.Fatal(err)
	}
	bundle, err := os.ReadFile(a.values["SSL_CERT_FILE"])
	if err != nil {
		a.t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(bundle)
	proxy, err := url.Parse(a.values["HTTPS_PROXY"])
	if err != nil {
		a.t.Fatal(err)
	}
	transport := &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool}}
	r := &recorder{specs: specs, inner: transport, certs: newAuthority(a.t), findings: map[string]int{}}
	front := httptest.NewServer(http.HandlerFunc(r.connect))
	a.t.Cleanup(func() { front.Close(); transport.CloseIdleConnections() })
	file := filepath.Join(a.t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, append(bundle, r.certs.pem...), 0o600); err != nil {
		a.t.Fatal(err)
	}
	a.env = append(a.env, "HTTPS_PROXY="+front.URL, "https_proxy="+front.URL, "REQUESTS_CA_BUNDLE="+file, "SSL_CERT_FILE="+file)
	return r
}

// connect plays the host that the client asked for.
func (r *recorder) connect(w http.ResponseWriter, req *http.Request) {
	if req.Method != http.MethodConnect {
		http.Error(w, "a proxy", http.StatusMethodNotAllowed)
		return
	}
	host, _, _ := net.SplitHostPort(req.Host)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	io.WriteString(conn, "HTTP/1.1 200 Connection established\r\n\r\n")
	one := &oneConn{conn: tls.Server(conn, &tls.Config{Certificates: []tls.Certificate{r.certs.issue(host)}}), done: make(chan struct{})}
	http.Serve(one, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { r.forward(w, req, host) }))
}

func (r *recorder) forward(w http.ResponseWriter, req *http.Request, host string) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	out := req.Clone(req.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", "https", host
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.Header.Del("Accept-Encoding")
	resp, err := r.inner.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	reply, err := io.ReadAll(resp.Body)
	if err != nil {
		return
	}
	if host == "management.azure.com" {
		r.check(apispec.Exchange{Method: req.Method, URL: out.URL, RequestBody: body, ResponseBody: reply, Status: resp.StatusCode, Header: resp.Header})
	}
	for name, values := range resp.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(resp.StatusCode)
	w.Write(reply)
}

// check notes what is wrong with the emulator's replies; what az itself sends against the files is az's affair.
func (r *recorder) check(x apispec.Exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.exchanges++
	for _, f := range r.specs.Check(x) {
		if !f.Warning && strings.HasPrefix(f.Where, "response") {
			r.findings[f.String()]++
		}
	}
}

// verdict fails the test for each finding, and when there was nothing to find anything in.
func (r *recorder) verdict(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.exchanges == 0 {
		t.Error("no exchange was recorded")
	}
	for finding, times := range r.findings {
		t.Errorf("%s (%d times)", finding, times)
	}
	t.Logf("%d exchanges held against Microsoft's API files", r.exchanges)
}

// oneConn is a listener for one connection.
type oneConn struct {
	conn net.Conn
	once sync.Once
	done chan struct{}
}

func (l *oneConn) Accept() (net.Conn, error) {
	var conn net.Conn
	l.once.Do(func() { conn = l.conn })
	if conn != nil {
		return &closing{conn, l.done}, nil
	}
	<-l.done
	return nil, net.ErrClosed
}
func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return l.conn.LocalAddr() }

type closing struct {
	net.Conn
	done chan struct{}
}

func (c *closing) Close() error {
	select {
	case <-c.done:
	default:
		close(c.done)
	}
	return c.Conn.Close()
}

// authority signs the recorder's certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "recorder"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})}
}

func (a *authority) issue(host string) tls.Certificate {
	serial := make([]byte, 8)
	rand.Read(serial)
	template := &x509.Certificate{SerialNumber: new(big.Int).SetBytes(serial), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		panic(err) // nothing here can be wrong but the program
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}
}

// TestAzRepliesAreMicrosofts runs az's commands with every reply held against Microsoft's API files.
func TestAzRepliesAreMicrosofts(t *testing.T) {
	seconds(t)
	a := startAzure(t, "--engine", "simulate")
	r := a.record()
	a.login()
	create := []string{"container", "create", "-g", "e2e", "--image", "x", "--os-type", "Linux", "--cpu", "1", "--memory", "1", "--restart-policy", "Never"}
	identity := "/subscriptions/" + a.values["AZURE_SUBSCRIPTION_ID"] + "/resourceGroups/e2e/providers/Microsoft.ManagedIdentity/userAssignedIdentities/mine"
	for _, args := range [][]string{
		{"account", "list-locations"},
		{"group", "create", "-n", "e2e", "-l", "westeurope", "--tags", "a=b"},
		{"group", "show", "-n", "e2e"},
		{"group", "list"},
		{"identity", "create", "-g", "e2e", "-n", "mine"},
		{"identity", "list", "-g", "e2e"},
		{"role", "assignment", "list", "--all"},
		{"role", "definition", "list", "--name", "AcrPull"},
		{"provider", "show", "-n", "Microsoft.ContainerInstance"},
		append([]string{"-n", "plain"}, create...),
		append([]string{"-n", "rich", "--environment-variables", "SIM_RUN_FOR=10m", "--secure-environment-variables", "B=c", "--assign-identity", "[system]", identity,
			"--ports", "80", "443", "--ip-address", "Public", "--dns-name-label", "rich-label", "--registry-login-server", "r.example", "--registry-username", "u", "--registry-password", "p"}, create...),
		{"container", "show", "-g", "e2e", "-n", "rich"},
		{"container", "list", "-g", "e2e"},
		{"container", "list"},
		{"container", "logs", "-g", "e2e", "-n", "rich"},
		{"container", "stop", "-g", "e2e", "-n", "rich"},
		{"container", "start", "-g", "e2e", "-n", "rich"},
		{"container", "restart", "-g", "e2e", "-n", "rich"},
		{"resource", "list", "-g", "e2e"},
		{"resource", "show", "-g", "e2e", "-n", "plain", "--resource-type", "Microsoft.ContainerInstance/containerGroups"},
		{"container", "delete", "--yes", "-g", "e2e", "-n", "plain"},
		{"group", "delete", "--yes", "-n", "e2e"},
	} {
		if args[0] == "-n" { // create: the verb first
			i := len(args) - len(create)
			args = append(append([]string{}, create...), args[:i]...)
		}
		a.az(0, args...)
	}
	r.verdict(t)
}
