package docker_test

import (
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/moby/moby/client"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/docker"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine/enginetest"
)

// newEngine makes an engine on the real daemon; what it leaves fails the test.
func newEngine(t *testing.T, network string) *docker.Engine {
	t.Helper()
	t.Cleanup(func() {
		if left := everything(t, os.Getpid()); left != "" {
			t.Errorf("left behind:\n%s", left)
		}
	})
	e, err := docker.New(t.Context(), docker.Options{LookupEnv: os.LookupEnv, Network: network})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// everything lists what an emulator has on the daemon; other processes may have things there too.
func everything(t *testing.T, pid int) string {
	t.Helper()
	cli, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer cli.Close()
	var all []string
	note := func(labels map[string]string, what string) {
		if parts := strings.Split(labels["io.pacific-aci.owner"], "/"); len(parts) == 4 && parts[2] == strconv.Itoa(pid) {
			all = append(all, what)
		}
	}
	owned := make(client.Filters).Add("label", "io.pacific-aci.owner")
	ctx := context.Background() // a cleanup's, too
	containers, err := cli.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: owned})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range containers.Items {
		note(c.Labels, "container "+c.Names[0])
	}
	volumes, err := cli.VolumeList(ctx, client.VolumeListOptions{Filters: owned})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range volumes.Items {
		note(v.Labels, "volume "+v.Name)
	}
	images, err := cli.ImageList(ctx, client.ImageListOptions{Filters: owned})
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range images.Items {
		note(i.Labels, "image "+strings.Join(i.RepoTags, ",")+" "+i.ID)
	}
	slices.Sort(all)
	return strings.Join(all, "\n")
}

func command(program ...string) []string {
	return append([]string{"/program", enginetest.Marker}, program...)
}

// withCredentials pulls with the registry's user and password.
type withCredentials struct {
	engine.Engine
	creds []engine.RegistryCredential
}

func (w withCredentials) NewGroup(ctx context.Context, spec engine.GroupSpec) (engine.Group, error) {
	g, err := w.Engine.NewGroup(ctx, spec)
	if err != nil {
		return nil, err
	}
	return credentialGroup{g, w.creds}, nil
}

type credentialGroup struct {
	engine.Group
	creds []engine.RegistryCredential
}

func (g credentialGroup) Pull(ctx context.Context, spec engine.PullSpec) (engine.Image, error) {
	spec.Credentials = g.creds
	return g.Group.Pull(ctx, spec)
}

func TestContract(t *testing.T) {
	needDaemon(t)
	r := newRegistry(t)
	image := r.push(t, "test/program:1", programImage(t))
	for _, network := range []string{docker.NetworkHost, docker.NetworkBridge} {
		t.Run(network, func(t *testing.T) {
			enginetest.Run(t, enginetest.Target{
				New: func(t *testing.T) engine.Engine {
					return withCredentials{newEngine(t, network), []engine.RegistryCredential{{Server: r.host, Username: user, Password: password}}}
				},
				Spec: func(p ...string) *engine.ContainerSpec {
					return &engine.ContainerSpec{Image: image, Command: command(p...)}
				},
				ExecCommand: func(p ...string) string { return strings.Join(command(p...), " ") },
				Files:       true,
				Network:     true,
			})
		})
	}
}

// bench is a group on the real daemon with the test image pulled.
type bench struct {
	engine *docker.Engine
	group  engine.Group
	image  string
	pulled engine.Image
}

func newBench(t *testing.T, network string) *bench {
	t.Helper()
	needDaemon(t)
	r := newRegistry(t)
	b := &bench{engine: newEngine(t, network), image: r.push(t, "test/program:1", programImage(t))}
	t.Cleanup(func() {
		if err := b.engine.Close(); err != nil {
			t.Error(err)
		}
	})
	var err error
	if b.group, err = b.engine.NewGroup(t.Context(), engine.GroupSpec{ID: "g-1", Name: "group", Labels: map[string]string{"azure.resource-id": "/x"}}); err != nil {
		t.Fatal(err)
	}
	b.pulled, err = b.group.Pull(t.Context(), engine.PullSpec{Image: b.image, Credentials: []engine.RegistryCredential{{Server: "https://" + r.host + "/", Username: user, Password: password}}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) start(t *testing.T, spec engine.ContainerSpec) (engine.Container, *enginetest.Log) {
	t.Helper()
	out := &enginetest.Log{}
	spec.Image, spec.Output = b.image, out
	if spec.Name == "" {
		spec.Name = "job"
	}
	c, err := b.group.Start(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	return c, out
}

func TestImageDefaults(t *testing.T) {
	b := newBench(t, docker.NetworkHost)
	if got := strings.Join(append(b.pulled.Entrypoint, b.pulled.Cmd...), " "); got != "/program enginetest-program args of the image" {
		t.Errorf("the image says %q", got)
	}
	c, log := b.start(t, engine.ContainerSpec{})
	<-c.Done()
	if got, want := strings.TrimSpace(log.String()), `["of" "the" "image"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// A command replaces the image's entrypoint and command, both.
	c, log = b.start(t, engine.ContainerSpec{Command: command("args")})
	<-c.Done()
	if got := strings.TrimSpace(log.String()); got != `[]` {
		t.Errorf("got %s, want no arguments", got)
	}
}

func TestOutOfMemory(t *testing.T) {
	b := newBench(t, docker.NetworkHost)
	c, log := b.start(t, engine.ContainerSpec{Command: command("allocate", "200000000"), MemoryGB: 0.05, CPU: 0.5})
	<-c.Done()
	if got := c.Exit(); !got.OOMKilled || got.Code != 137 {
		t.Errorf("exit: got %+v, want an OOM kill; log %q", got, log.String())
	}
	c, _ = b.start(t, engine.ContainerSpec{Command: command("allocate", "2000000"), MemoryGB: 0.05})
	<-c.Done()
	if got := c.Exit(); got.OOMKilled || got.Code != 0 {
		t.Errorf("exit: got %+v, want a success", got)
	}
}

func TestTerminal(t *testing.T) {
	b := newBench(t, docker.NetworkHost)
	c, log := b.start(t, engine.ContainerSpec{Command: command("graceful")})
	log.Wait(t, "ready")
	out := &enginetest.Log{}
	code, err := c.Exec(t.Context(), engine.ExecSpec{Command: strings.Join(command("terminal"), " "), Rows: 33, Cols: 111, Output: out})
	if err != nil || code != 0 || strings.TrimSpace(out.String()) != "33x111" {
		t.Errorf("got %d, %v, %q; want a terminal of 33x111", code, err, out.String())
	}
}

func TestAuthoritiesAndCores(t *testing.T) {
	b := newBench(t, docker.NetworkHost)
	ca := filepath.Join(t.TempDir(), "bundle.pem")
	if err := os.WriteFile(ca, []byte("a certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	var told []string
	c, log := b.start(t, engine.ContainerSpec{
		Command: command("read", "/etc/pacific/ca.pem"), CAFile: ca,
		CPU: 1000, Event: func(name, _ string) { told = append(told, name) },
	})
	<-c.Done()
	if got := strings.TrimSpace(log.String()); got != "a certificate" {
		t.Errorf("got %q, want the file", got)
	}
	if strings.Join(told, " ") != "CPULimited" {
		t.Errorf("events: %q", told)
	}
	c, log = b.start(t, engine.ContainerSpec{Command: command("env", "SSL_CERT_FILE"), CAFile: ca})
	<-c.Done()
	if got := strings.TrimSpace(log.String()); got != `"/etc/pacific/ca.pem" true` {
		t.Errorf("SSL_CERT_FILE: got %s", got)
	}
}

func TestGateway(t *testing.T) {
	b := newBench(t, docker.NetworkBridge)
	gateway, err := b.engine.Gateway(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", net.JoinHostPort(gateway.String(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = conn.Write([]byte("hello from the host"))
			conn.Close()
		}
	}()
	c, log := b.start(t, engine.ContainerSpec{Command: command("dial", l.Addr().String())})
	<-c.Done()
	if got := strings.TrimSpace(log.String()); got != "hello from the host" {
		t.Errorf("got %q", got)
	}
}

// A daemon that goes away in the middle ends its containers with an error: nothing waits for ever.
func TestDaemonDies(t *testing.T) {
	needDaemon(t)
	r := newRegistry(t)
	image := r.push(t, "test/program:1", programImage(t))
	proxy := newProxy(t)
	e, err := docker.New(t.Context(), docker.Options{Network: docker.NetworkHost, LookupEnv: func(k string) (string, bool) {
		if k == "DOCKER_HOST" {
			return "unix://" + proxy.path, true
		}
		return "", false
	}})
	if err != nil {
		t.Fatal(err)
	}
	g, err := e.NewGroup(t.Context(), engine.GroupSpec{ID: "g-1", Name: "group"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Pull(t.Context(), engine.PullSpec{Image: image, Credentials: []engine.RegistryCredential{{Server: r.host, Username: user, Password: password}}}); err != nil {
		t.Fatal(err)
	}
	log := &enginetest.Log{}
	c, err := g.Start(t.Context(), engine.ContainerSpec{Name: "job", Image: image, Command: command("graceful"), Output: log})
	if err != nil {
		t.Fatal(err)
	}
	log.Wait(t, "ready")
	proxy.die()
	<-c.Done()
	if !c.Exit().Unknown || strings.Contains(log.String(), "lost sight") {
		t.Errorf("got %+v, log %q", c.Exit(), log.String())
	}
	if err := e.Close(); err == nil {
		t.Error("close says that all is removed, without a daemon")
	}
	// What it had to leave is ours: this process lives, so no sweep takes it.
	cleaner, err := client.New(client.FromEnv)
	if err != nil {
		t.Fatal(err)
	}
	defer cleaner.Close()
	cleanUp(t, cleaner)
}

// An emulator that is killed leaves its containers to the next one.
func TestKilledEmulator(t *testing.T) {
	needDaemon(t)
	r := newRegistry(t)
	image := r.push(t, "test/program:1", programImage(t))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "DOCKER_TEST_EMULATOR="+image, "DOCKER_TEST_REGISTRY="+r.host)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := out.Read(make([]byte, 6)); err != nil {
		t.Fatal(err)
	}
	// Another one, which starts while the first lives, takes nothing.
	killed := cmd.Process.Pid
	during := everything(t, killed)
	other := newLooseEngine(t)
	if got := everything(t, killed); got != during || strings.Count(got, "container ") != 2 || !strings.Contains(got, "volume ") || !strings.Contains(got, "image ") {
		t.Errorf("while the first lives:\n%s\nwant\n%s", got, during)
	}
	if err := other.Close(); err != nil {
		t.Error(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	next := newLooseEngine(t)
	if got := everything(t, killed); got != "" {
		t.Errorf("after the next start there is still:\n%s", got)
	}
	if err := next.Close(); err != nil {
		t.Error(err)
	}
}

func newLooseEngine(t *testing.T) *docker.Engine {
	t.Helper()
	e, err := docker.New(t.Context(), docker.Options{LookupEnv: os.LookupEnv})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// emulator is the process that TestKilledEmulator kills.
func emulator() {
	ctx := context.Background()
	e, err := docker.New(ctx, docker.Options{LookupEnv: os.LookupEnv, Network: docker.NetworkBridge})
	if err != nil {
		panic(err)
	}
	g, err := e.NewGroup(ctx, engine.GroupSpec{Name: "killed", Volumes: []engine.Volume{{Name: "v", Files: map[string][]byte{"f": nil}}}})
	if err != nil {
		panic(err)
	}
	image := os.Getenv("DOCKER_TEST_EMULATOR")
	if _, err := g.Pull(ctx, engine.PullSpec{Image: image, Credentials: []engine.RegistryCredential{{Server: os.Getenv("DOCKER_TEST_REGISTRY"), Username: user, Password: password}}}); err != nil {
		panic(err)
	}
	if _, err := g.Start(ctx, engine.ContainerSpec{Name: "job", Image: image, Command: command("graceful"), Output: os.Stdout}); err != nil {
		panic(err)
	}
	time.Sleep(time.Hour)
}
