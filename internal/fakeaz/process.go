package fakeaz

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"testing"

	"github.com/pacific-aci/pacific/azcli"
)

// address is the variable that makes a test binary be az: where the Az answers that it runs for.
const address = "FAKE_AZ_ADDRESS"

// Main makes this process az, if it was started by a runner of [Runner], and then does not return. A test binary calls it
// first in TestMain.
func Main() {
	where := os.Getenv(address)
	if where == "" {
		return
	}
	var out Output
	conn, err := net.Dial("tcp", where)
	if err == nil {
		err = json.NewEncoder(conn).Encode(os.Args[1:])
	}
	if err == nil {
		err = json.NewDecoder(conn).Decode(&out)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "fake az:", err)
		os.Exit(120)
	}
	fmt.Print(out.Stdout)
	fmt.Fprint(os.Stderr, out.Stderr)
	os.Exit(out.Code)
}

// Runner is a runner whose az is this test binary; see [Main]. run answers for it: [Az.Run], or something around that. A
// command whose process is gone when run returns has ended without output.
func Runner(t testing.TB, run func(argv []string) Output) *azcli.Runner {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				var argv []string
				if json.NewDecoder(conn).Decode(&argv) == nil {
					_ = json.NewEncoder(conn).Encode(run(argv))
				}
			}()
		}
	}()
	return &azcli.Runner{Path: self, Env: append(os.Environ(), address+"="+listener.Addr().String())}
}
