package containers_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	aci "github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/coder/websocket"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// printing is a container that prints a line a second, count times; an exec in it
// echoes its input until "bye".
func printing(count int) azureemulator.Engine {
	return azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		if c.Exec {
			return echo(c)
		}
		for i := range count {
			select {
			case <-ctx.Done():
				return 143
			case <-time.After(time.Second):
				fmt.Fprintf(c.Spec.Output, "line %d\n", i)
			}
		}
		return 0
	})
}

func echo(c azureemulator.ContainerCall) int {
	fmt.Fprintf(c.Spec.Output, "%s %dx%d\n", strings.Join(c.Spec.Command, ","), c.Rows, c.Cols)
	for lines := bufio.NewScanner(c.Stdin); lines.Scan(); {
		if lines.Text() == "bye" {
			return 5
		}
		fmt.Fprintf(c.Spec.Output, "you said %s\n", lines.Text())
	}
	return 1
}

func (w *world) dial(t *testing.T, uri, authorization string) (*websocket.Conn, *http.Response, error) {
	t.Helper()
	options := &websocket.DialOptions{HTTPClient: &http.Client{Transport: w.transport}, HTTPHeader: http.Header{}}
	if authorization != "" {
		options.HTTPHeader.Set("Authorization", authorization)
	}
	return websocket.Dial(t.Context(), uri, options)
}

// drain reads to the end and returns what came and how the server closed.
func drain(t *testing.T, conn *websocket.Conn) (string, websocket.StatusCode) {
	t.Helper()
	var all strings.Builder
	for {
		_, p, err := conn.Read(t.Context())
		if err != nil {
			return all.String(), websocket.CloseStatus(err)
		}
		all.Write(p)
	}
}

func (w *world) attach(t *testing.T) aci.ContainersClientAttachResponse {
	t.Helper()
	res, err := w.containers.Attach(t.Context(), "rg", "job", "main", nil)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestAttach(t *testing.T) {
	inWorld(t, printing(5), "{}", func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
		time.Sleep(2500 * time.Millisecond)
		session := w.attach(t)
		if want := "wss://bridge-linux-01.westeurope.atlas.cloudapp.azure.com:19390/attachstream/sessionId/"; !strings.HasPrefix(*session.WebSocketURI, want) {
			t.Errorf("uri %s, want %s…", *session.WebSocketURI, want)
		}
		conn, _, err := w.dial(t, *session.WebSocketURI, *session.Password)
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte("is anybody there?")); err != nil {
			t.Fatal(err)
		}
		begin := time.Now()
		got, status := drain(t, conn)
		if want := "line 2\nline 3\nline 4\n"; got != want || status != websocket.StatusNormalClosure {
			t.Errorf("got %q, %d; want %q, 1000", got, status, want)
		}
		if took := time.Since(begin); took != 2500*time.Millisecond {
			t.Errorf("the stream ended %s after the attach, want 2.5s: with the container", took)
		}
		if _, res, err := w.dial(t, *session.WebSocketURI, *session.Password); err == nil || res.StatusCode != http.StatusNotFound {
			t.Error("an address is good for one connection")
		}
		synctest.Wait()
		_, err = w.containers.Attach(t.Context(), "rg", "job", "main", nil)
		w.wantCode(err, 409, "ContainerGroupStopped")
	})
}

func TestAttachRefusals(t *testing.T) {
	inWorld(t, printing(1000), `{"latency":{"start":"1m"}}`, func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
		_, err := w.containers.Attach(t.Context(), "rg", "job", "main", nil)
		w.wantCode(err, 409, "ContainerNotRunning")
		_, err = w.containers.Attach(t.Context(), "rg", "job", "other", nil)
		w.wantCode(err, 404, "ContainerNotFound")
		_, err = w.containers.Attach(t.Context(), "rg", "none", "main", nil)
		w.wantCode(err, 404, "ResourceNotFound")
		time.Sleep(61 * time.Second)
		session := w.attach(t)
		if _, res, err := w.dial(t, *session.WebSocketURI, "wrong"); err == nil || res.StatusCode != http.StatusUnauthorized {
			t.Error("a wrong password must not attach")
		}
		if _, res, err := w.dial(t, *session.WebSocketURI, *session.Password); err == nil || res.StatusCode != http.StatusNotFound {
			t.Error("a wrong password uses the session up")
		}
		late := w.attach(t)
		time.Sleep(6 * time.Minute)
		if _, res, err := w.dial(t, *late.WebSocketURI, *late.Password); err == nil || res.StatusCode != http.StatusNotFound {
			t.Error("a session that nobody used is over after five minutes")
		}
		plain := w.attach(t)
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, strings.Replace(*plain.WebSocketURI, "wss:", "https:", 1), nil)
		req.Header.Set("Authorization", *plain.Password)
		res, err := (&http.Client{Transport: w.transport}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusUpgradeRequired {
			t.Errorf("without an upgrade: %s, want 426", res.Status)
		}
	})
}

func TestSlowAttachDoesNotHoldTheContainer(t *testing.T) {
	engine := azureemulator.Func(func(_ context.Context, c azureemulator.ContainerCall) int {
		time.Sleep(time.Second)
		for range 100 {
			io.WriteString(c.Spec.Output, strings.Repeat("x", 64<<10)+"\n")
		}
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		session := w.attach(t)
		conn, _, err := w.dial(t, *session.WebSocketURI, *session.Password)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetReadLimit(-1)
		time.Sleep(2 * time.Second)
		w.wantState("job", "Succeeded/Succeeded main=Terminated(0)")
		if _, status := drain(t, conn); status != websocket.StatusPolicyViolation {
			t.Errorf("the slow client sees %d, want 1008", status)
		}
	})
}

func TestExec(t *testing.T) {
	inWorld(t, printing(1000), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		res, err := w.containers.ExecuteCommand(t.Context(), "rg", "job", "main", aci.ContainerExecRequest{
			Command: new("sh -i"), TerminalSize: &aci.ContainerExecRequestTerminalSize{Rows: new(int32(24)), Cols: new(int32(80))},
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := w.dial(t, *res.WebSocketURI, "")
		if err != nil {
			t.Fatal(err)
		}
		say := func(kind websocket.MessageType, text string) {
			if err := conn.Write(t.Context(), kind, []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		say(websocket.MessageText, *res.Password)
		say(websocket.MessageBinary, "hello\n")
		say(websocket.MessageBinary, "bye\n")
		got, status := drain(t, conn)
		if want := "sh,-i 24x80\nyou said hello\n"; got != want || status != websocket.StatusNormalClosure {
			t.Errorf("got %q, %d; want %q, 1000", got, status, want)
		}
		if logs := w.logs(t, nil); strings.Contains(logs, "you said") {
			t.Errorf("an exec's output is in the container's log: %q", logs)
		}
	})
}

func TestExecRefusals(t *testing.T) {
	inWorld(t, printing(1000), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		path := w.groupPath("job") + "/containers/main/exec?api-version=2023-05-01"
		for body, want := range map[string]string{
			`{"command":" "}`: "InvalidExecCommand", `{}`: "InvalidExecCommand", `[`: "InvalidRequestContent",
			`{"command":"a","terminalSize":{"rows":-1,"cols":1}}`:    "InvalidTerminalSize",
			`{"command":"a","terminalSize":{"rows":1,"cols":65536}}`: "InvalidTerminalSize",
		} {
			reply := w.call("POST", path, body, 400)
			if got := reply["error"].(map[string]any)["code"]; got != want {
				t.Errorf("%s: got %v, want %s", body, got, want)
			}
		}
		for name, first := range map[string]func(*websocket.Conn){
			"a wrong password": func(c *websocket.Conn) { c.Write(t.Context(), websocket.MessageText, []byte("wrong")) },
			"silence":          func(*websocket.Conn) {},
		} {
			reply := w.call("POST", path, `{"command":"sh"}`, 200)
			conn, _, err := w.dial(t, reply["webSocketUri"].(string), "")
			if err != nil {
				t.Fatal(err)
			}
			first(conn)
			if got, status := drain(t, conn); got != "" || status == websocket.StatusNormalClosure {
				t.Errorf("%s: got %q, %d", name, got, status)
			}
		}
	})
}

// An exec ends with its container, with its client, and with the emulator.
func TestExecEnds(t *testing.T) {
	stuck := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int { <-ctx.Done(); return 0 })
	inWorld(t, stuck, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		open := func() *websocket.Conn {
			reply := w.call("POST", w.groupPath("job")+"/containers/main/exec?api-version=2023-05-01", `{"command":"sh"}`, 200)
			conn, _, err := w.dial(t, reply["webSocketUri"].(string), "")
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.Write(t.Context(), websocket.MessageText, []byte(reply["password"].(string))); err != nil {
				t.Fatal(err)
			}
			return conn
		}
		gone := open()
		synctest.Wait()
		gone.CloseNow()
		ended := open()
		synctest.Wait()
		if _, err := w.groups.Stop(t.Context(), "rg", "job", nil); err != nil {
			t.Fatal(err)
		}
		if _, status := drain(t, ended); status != websocket.StatusNormalClosure {
			t.Errorf("the container's end closes with %d, want 1000", status)
		}
		synctest.Wait()
		after := open() // Azure opens a terminal in what has ended, and closes it
		if _, status := drain(t, after); status != websocket.StatusNormalClosure {
			t.Errorf("an exec after the end closes with %d, want 1000", status)
		}
	})
}

// Closing the emulator ends open streams of both kinds.
func TestCloseEndsStreams(t *testing.T) {
	inWorld(t, forever(), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		session := w.attach(t)
		attached, _, err := w.dial(t, *session.WebSocketURI, *session.Password)
		if err != nil {
			t.Fatal(err)
		}
		reply := w.call("POST", w.groupPath("job")+"/containers/main/exec?api-version=2023-05-01", `{"command":"sh"}`, 200)
		exec, _, err := w.dial(t, reply["webSocketUri"].(string), "")
		if err != nil {
			t.Fatal(err)
		}
		if err := exec.Write(t.Context(), websocket.MessageText, []byte(reply["password"].(string))); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := w.server.Close(); err != nil {
			t.Fatal(err)
		}
		for name, conn := range map[string]*websocket.Conn{"attach": attached, "exec": exec} {
			if _, status := drain(t, conn); status == websocket.StatusNormalClosure {
				t.Errorf("%s: a closed emulator is no normal end", name)
			}
		}
	})
}

func (w *world) logs(t *testing.T, o *aci.ContainersClientListLogsOptions) string {
	t.Helper()
	res, err := w.containers.ListLogs(t.Context(), "rg", "job", "main", o)
	if err != nil {
		t.Fatal(err)
	}
	return *res.Content
}

func TestLogs(t *testing.T) {
	inWorld(t, printing(5), `{"latency":{"start":"10s"},"logs":{"stoppedBytes":16}}`, func(t *testing.T, w *world) {
		w.call("PUT", w.groupPath("job")+"?api-version=2023-05-01", minimal, 201)
		_, err := w.containers.ListLogs(t.Context(), "rg", "job", "main", nil)
		w.wantCode(err, 404, "ContainerLogNotAvailable")
		_, err = w.containers.ListLogs(t.Context(), "rg", "job", "none", nil)
		w.wantCode(err, 404, "ContainerNotFound")
		time.Sleep(13500 * time.Millisecond)
		if got, want := w.logs(t, nil), "line 0\nline 1\nline 2\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := w.logs(t, &aci.ContainersClientListLogsOptions{Tail: new(int32(1)), Timestamps: new(true)}), "Z line 2\n"; len(got) != 38 || !strings.HasSuffix(got, want) {
			t.Errorf("got %q, want a time and %q", got, want)
		}
		time.Sleep(time.Minute)
		if got, want := w.logs(t, nil), "2\nline 3\nline 4\n"; got != want {
			t.Errorf("stopped: got %q, want %q", got, want)
		}
		for _, query := range []string{"tail=-1", "tail=x", "timestamps=maybe"} {
			reply := w.call("GET", w.groupPath("job")+"/containers/main/logs?api-version=2023-05-01&"+query, "", 400)
			if got := reply["error"].(map[string]any)["code"]; got != "InvalidQueryParameter" {
				t.Errorf("%s: got %v", query, got)
			}
		}
	})
}

// A restarted container has a new log; until it starts again the old one is there.
func TestLogsOfARestartedContainer(t *testing.T) {
	inWorld(t, endings(1, 2, 0), "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main", restart(aci.ContainerGroupRestartPolicyOnFailure)))
		time.Sleep(1500 * time.Millisecond) // the second runs
		if got, want := w.logs(t, nil), "ends with 2\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(5 * time.Second) // it waits for the third
		if got, want := w.logs(t, nil), "ends with 2\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		time.Sleep(10 * time.Second)
		if got, want := w.logs(t, nil), "ends with 0\n"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// An exec carries any amount of input: the client waits for the command, and nothing is lost.
func TestExecTakesManyBytes(t *testing.T) {
	const size = 50 << 20
	engine := azureemulator.Func(func(ctx context.Context, c azureemulator.ContainerCall) int {
		if !c.Exec {
			<-ctx.Done()
			return 0
		}
		sum := sha256.New()
		n, err := io.Copy(sum, &slowReader{r: c.Stdin})
		fmt.Fprintf(c.Spec.Output, "%d %v %x", n, err, sum.Sum(nil))
		return 0
	})
	inWorld(t, engine, "{}", func(t *testing.T, w *world) {
		w.mustCreate("job", job("main"))
		res, err := w.containers.ExecuteCommand(t.Context(), "rg", "job", "main", aci.ContainerExecRequest{Command: new("sum")}, nil)
		if err != nil {
			t.Fatal(err)
		}
		conn, _, err := w.dial(t, *res.WebSocketURI, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.Write(t.Context(), websocket.MessageText, []byte(*res.Password)); err != nil {
			t.Fatal(err)
		}
		want, piece := sha256.New(), make([]byte, 100_000)
		for left := size; left > 0; left -= len(piece) {
			piece = piece[:min(left, len(piece))]
			for i := range piece {
				piece[i] = byte(left + i*i)
			}
			want.Write(piece)
			if err := conn.Write(t.Context(), websocket.MessageBinary, piece); err != nil {
				t.Fatalf("with %d bytes to go: %v", left, err)
			}
		}
		// The input has no end but the connection's, so the command reads what is announced.
		got, _ := drain(t, conn)
		if want := fmt.Sprintf("%d <nil> %x", size, want.Sum(nil)); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// slowReader pauses now and then, and ends after 50 MB.
type slowReader struct {
	r    io.Reader
	read int
}

func (s *slowReader) Read(p []byte) (int, error) {
	if s.read == 50<<20 {
		return 0, io.EOF
	}
	n, err := s.r.Read(p)
	if s.read/(10<<20) != (s.read+n)/(10<<20) {
		time.Sleep(time.Minute)
	}
	s.read += n
	return n, err
}
