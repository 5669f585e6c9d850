// Command az hands its arguments to the process that a runner of fakeaz runs in, and ends as that says. It is small, since
// a test starts it hundreds of times.
package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
)

func main() {
	var out struct {
		Stdout, Stderr string
		Code           int
	}
	conn, err := net.Dial("tcp", os.Getenv("FAKE_AZ_ADDRESS"))
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
