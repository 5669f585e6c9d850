package azureemulator_test

import (
	"bufio"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// Close ends calls whose clients, on a socket of somebody else's making, wait for long or stall in the middle of a body.
func TestCloseDoesNotWaitForClients(t *testing.T) {
	s, err := azureemulator.NewServer(azureemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	socket := httptest.NewServer(s)
	t.Cleanup(socket.Close)
	w := onWire(t, s)
	path := "/subscriptions/" + s.Account().SubscriptionID + "/resourcegroups/g?api-version=2021-04-01 HTTP/1.1\r\nHost: management.azure.com\r\nAuthorization: Bearer " + w.token + "\r\n"
	send := func(request string) net.Conn {
		conn, err := net.Dial("tcp", socket.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		return conn
	}
	// The server says 100 when the body is read, so from there on it waits for the rest.
	body := send("PUT " + path + "Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n")
	if line, err := bufio.NewReader(body).ReadString('\n'); err != nil || !strings.Contains(line, " 100 ") {
		t.Fatalf("%q, %v", line, err)
	}
	if err := s.AddFault(azureemulator.Fault{Match: azureemulator.Match{Method: "GET"}, Effect: azureemulator.Effect{Delay: azureemulator.Duration(time.Hour)}}); err != nil {
		t.Fatal(err)
	}
	send("GET " + path + "\r\n")
	for deadline := time.Now().Add(10 * time.Second); s.Faults()[0].Hits == 0; {
		if time.Now().After(deadline) {
			t.Fatal("the call does not arrive")
		}
		<-time.After(time.Millisecond)
	}
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	select {
	case err := <-closed:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Close waits for its clients")
	}
}

// A client that announces a body and sends nothing more is cut off, whichever service waits for it; one that
// only waits long for its answer is not.
func TestStalledBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := start(t, azureemulator.Options{})
		w := onWire(t, s)
		if err := s.AddFault(azureemulator.Fault{Match: azureemulator.Match{Operation: "ResourceGroups_CreateOrUpdate"}, Effect: azureemulator.Effect{Delay: azureemulator.Duration(time.Hour)}}); err != nil {
			t.Fatal(err)
		}
		if got := w.arm("PUT", "resourcegroups/patient", `{"location":"eastus"}`); got.StatusCode != 201 {
			t.Errorf("an answer after an hour: %s", got.Status)
		}
		for name, url := range map[string]string{
			"Resource Manager": w.url("resourcegroups/g"), "sign-in": "https://login.microsoftonline.com/" + s.Account().TenantID + "/oauth2/v2.0/token",
			"control API": "http://localhost/_emulator/reset", "identity": "http://localhost/msi/token", "nobody": "http://elsewhere/",
		} {
			r := w.request("POST", url, "")
			body, unsent := io.Pipe()
			defer unsent.Close()
			r.Body, r.ContentLength = body, 100
			began := time.Now()
			if res, err := s.Transport().RoundTrip(r); err == nil {
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
			}
			if took := time.Since(began); took > 3*time.Minute {
				t.Errorf("%s: cut off after %s", name, took)
			}
		}
	})
}
