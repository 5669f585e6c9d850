package azure_test

import (
	"bufio"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	emulator "github.com/pacific-aci/pacific/emulator/azure"
)

// Close ends calls whose clients, on a socket of somebody else's making, wait for long or stall in the middle of a body.
func TestCloseDoesNotWaitForClients(t *testing.T) {
	s, err := emulator.NewServer(emulator.Options{})
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
	if err := s.AddFault(emulator.Fault{Match: emulator.Match{Method: "GET"}, Effect: emulator.Effect{Delay: emulator.Duration(time.Hour)}}); err != nil {
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
