package prefectemulator_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/pacific-aci/pacific/emulator/prefect"
)

// csrfToken is the reply that gives one.
type csrfToken struct {
	ID, Token, Client   string
	Created, Expiration time.Time
}

func askToken(t *testing.T, server *prefectemulator.Server, client string, header ...string) csrfToken {
	t.Helper()
	status, text := say(t, server, http.MethodGet, "/csrf-token?client="+client, "", header...)
	var token csrfToken
	if err := json.Unmarshal([]byte(text), &token); err != nil || status != http.StatusOK || len(token.Token) != 64 || token.Client != client {
		t.Fatalf("got %d %s", status, text)
	}
	return token
}

func TestCSRF(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := newServer(t, prefectemulator.Options{CSRF: true})
		mine, other := askToken(t, server, "me"), askToken(t, server, "other")
		if got := time.Until(mine.Expiration); got != time.Hour {
			t.Errorf("a token lasts %v, want an hour", got)
		}
		write := func(method string, header ...string) (int, string) {
			t.Helper()
			return say(t, server, method, "/flows/filter", "{}", header...)
		}
		const invalid = `{"detail":"Invalid CSRF token or client identifier."}`
		for name, tt := range map[string]struct {
			method string
			header []string
			status int
			want   string
		}{
			"the token":         {"POST", []string{"Prefect-Csrf-Token", mine.Token, "Prefect-Csrf-Client", "me"}, 200, "[]"},
			"none":              {"POST", nil, 403, `{"detail":"Missing CSRF token."}`},
			"no client":         {"POST", []string{"Prefect-Csrf-Token", mine.Token}, 403, `{"detail":"Missing client identifier."}`},
			"another's":         {"POST", []string{"Prefect-Csrf-Token", other.Token, "Prefect-Csrf-Client", "me"}, 403, invalid},
			"an unknown client": {"POST", []string{"Prefect-Csrf-Token", mine.Token, "Prefect-Csrf-Client", "x"}, 403, invalid},
			"PUT":               {"PUT", nil, 403, `{"detail":"Missing CSRF token."}`},
			"PATCH":             {"PATCH", nil, 403, `{"detail":"Missing CSRF token."}`},
			"DELETE":            {"DELETE", nil, 403, `{"detail":"Missing CSRF token."}`},
		} {
			if status, text := write(tt.method, tt.header...); status != tt.status || text != tt.want {
				t.Errorf("%s: got %d %s, want %d %s", name, status, text, tt.status, tt.want)
			}
		}
		if status, text := say(t, server, http.MethodGet, "/health", ""); status != http.StatusOK {
			t.Errorf("reading needs a token: got %d %s", status, text)
		}
		time.Sleep(30 * time.Minute)
		again := askToken(t, server, "me")
		if again.Token == mine.Token || again.ID != mine.ID || !again.Created.Equal(mine.Created) {
			t.Errorf("got %+v after %+v, want another token in the same record", again, mine)
		}
		if status, text := write("POST", "Prefect-Csrf-Token", mine.Token, "Prefect-Csrf-Client", "me"); status != 403 || text != invalid {
			t.Errorf("the token of before: got %d %s", status, text)
		}
		time.Sleep(time.Hour)
		if status, text := write("POST", "Prefect-Csrf-Token", again.Token, "Prefect-Csrf-Client", "me"); status != 403 || text != invalid {
			t.Errorf("a token that is over: got %d %s", status, text)
		}
		if status, text := say(t, server, http.MethodGet, "/csrf-token", ""); status != 422 || !strings.Contains(text, `"loc":["query","client"]`) {
			t.Errorf("no client: got %d %s", status, text)
		}
	})
}

// TestCSRFAndSignIn shows which one is looked at first.
func TestCSRFAndSignIn(t *testing.T) {
	server := newServer(t, prefectemulator.Options{CSRF: true, AuthString: "a:b"})
	basic := []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("a:b"))}
	token := askToken(t, server, "me", basic...)
	csrf := []string{"Prefect-Csrf-Token", token.Token, "Prefect-Csrf-Client", "me"}
	for name, tt := range map[string]struct {
		header []string
		status int
	}{"both": {append(csrf, basic...), 200}, "no token": {basic, 403}, "no sign-in": {csrf, 401}, "neither": {nil, 401}} {
		if status, text := say(t, server, http.MethodPost, "/flows/filter", "{}", tt.header...); status != tt.status {
			t.Errorf("%s: got %d %s, want %d", name, status, text, tt.status)
		}
	}
	if status, _ := say(t, server, http.MethodPost, "/health", ""); status != http.StatusUnauthorized {
		t.Errorf("writing to health without a sign-in: got %d, want 401", status)
	}
	lower := []string{"Authorization", strings.ToLower(basic[1][:5]) + basic[1][5:]}
	if status, _ := say(t, server, http.MethodGet, "/admin/version", "", lower...); status != http.StatusUnauthorized {
		t.Errorf("got %d for the scheme in small letters; the server wants it as Basic", status)
	}
}

// TestWebsocketsSignIn shows that a websocket's sign-in is in its first message, whatever its headers say.
func TestWebsocketsSignIn(t *testing.T) {
	for _, path := range []string{"/events/in", "/events/out", "/logs/out"} {
		for token, want := range map[string]websocket.StatusCode{"a:b": 0, "a:c": websocket.StatusPolicyViolation, "": websocket.StatusPolicyViolation} {
			synctest.Test(t, func(t *testing.T) {
				server := newServer(t, prefectemulator.Options{CSRF: true, AuthString: "a:b"})
				conn, reply, err := websocket.Dial(t.Context(), strings.Replace(prefectemulator.URL, "http", "ws", 1)+path, &websocket.DialOptions{
					HTTPClient: &http.Client{Transport: server.Transport()}, Subprotocols: []string{"prefect"},
				})
				if err != nil {
					t.Fatal(err)
				}
				if got := reply.Header.Get("Sec-WebSocket-Protocol"); got != "prefect" {
					t.Errorf("got protocol %q", got)
				}
				message, _ := json.Marshal(map[string]string{"type": "auth", "token": token}) // strings alone
				if err := conn.Write(t.Context(), websocket.MessageText, message); err != nil {
					t.Fatal(err)
				}
				_, text, err := conn.Read(t.Context())
				var closed websocket.CloseError
				switch {
				case want == 0 && (err != nil || string(text) != `{"type":"auth_success"}`):
					t.Errorf("%s with %q: got %q, %v", path, token, text, err)
				case want != 0 && (!errors.As(err, &closed) || closed.Code != want):
					t.Errorf("%s with %q: got %q, %v, want a close with %d", path, token, text, err, want)
				}
				// The connection stays open: the server's end ends it.
			})
		}
	}
	server := newServer(t, prefectemulator.Options{AuthString: "a:b"})
	status, _ := say(t, server, http.MethodGet, "/events/out", "", "Upgrade", "websocket", "Connection", "Upgrade", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "x")
	if status != http.StatusForbidden {
		t.Errorf("a client without the protocol: got %d, want 403", status)
	}
	if status, _ := say(t, server, http.MethodGet, "/events/out", ""); status != http.StatusUnauthorized {
		t.Errorf("no websocket and no sign-in: got %d, want 401", status)
	}
	if status, _ := say(t, server, http.MethodPost, "/flows/filter", "{}", "Upgrade", "websocket"); status != http.StatusUnauthorized {
		t.Errorf("another route that says it is a websocket: got %d, want 401", status)
	}
}

// TestSlashes shows that an address is found with a slash too many or too few.
func TestSlashes(t *testing.T) {
	server := newServer(t, prefectemulator.Options{})
	for path, want := range map[string]int{"/events/": 307, "/events": 204, "/logs": 307, "/logs/": 201, "/flows/filter/": 307, "/none/": 404} {
		if status, text := say(t, server, http.MethodPost, path, "[]"); status != want {
			t.Errorf("%s: got %d %s, want %d", path, status, text, want)
		}
	}
}
