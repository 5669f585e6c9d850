package enginetest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/term"
)

// Marker is the first argument of a test binary that is to be a container's program.
const Marker = "enginetest-program"

// Main is the TestMain of an engine that runs programs: the test binary is the program too.
func Main(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == Marker {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
		defer stop()
		os.Exit(Program(ctx, World{Args: os.Args[2:], LookupEnv: os.LookupEnv, Stdin: os.Stdin, Stdout: os.Stdout}))
	}
	os.Exit(m.Run())
}

// World is what a program sees.
type World struct {
	Args      []string // without the program's own name
	LookupEnv func(string) (string, bool)
	Stdin     io.Reader
	Stdout    io.Writer
	// Forever ends what would wait for ever: a Go function cannot be killed. nil in a process.
	Forever <-chan struct{}
}

// Program is what the containers of these tests run, in a process or as a Go function. ctx ends with SIGTERM.
func Program(ctx context.Context, w World) int {
	arg := func(i int) string {
		if i < len(w.Args) {
			return w.Args[i]
		}
		return ""
	}
	switch arg(0) {
	case "exit":
		return number(arg(1))
	case "lines":
		out := bufio.NewWriter(w.Stdout)
		for i := range number(arg(1)) {
			fmt.Fprintf(out, "%d line of the container\n", i+1)
		}
		out.Flush()
		return 0
	case "env":
		v, ok := w.LookupEnv(arg(1))
		fmt.Fprintf(w.Stdout, "%q %v\n", v, ok)
		return 0
	case "graceful":
		fmt.Fprintln(w.Stdout, "ready")
		<-ctx.Done()
		fmt.Fprintln(w.Stdout, "stopped")
		return 4
	case "wait":
		<-ctx.Done()
		return 4
	case "stubborn":
		fmt.Fprintln(w.Stdout, "ready")
		if w.Forever != nil {
			<-w.Forever
			return 0
		}
		select {}
	case "args":
		fmt.Fprintf(w.Stdout, "%q\n", w.Args[1:])
		return 0
	case "cat":
		if _, err := io.Copy(w.Stdout, w.Stdin); err != nil {
			return 1
		}
		return 0
	}
	return worldly(w, arg)
}

// worldly are the programs that need a file system and a network.
func worldly(w World, arg func(int) string) int {
	fail := func(err error) int {
		fmt.Fprintln(w.Stdout, err)
		return 1
	}
	switch arg(0) {
	case "write":
		if err := os.WriteFile(filepath.FromSlash(arg(1)), []byte(arg(2)), 0o600); err != nil {
			return fail(err)
		}
		return 0
	case "read":
		text, err := os.ReadFile(filepath.FromSlash(arg(1)))
		if err != nil {
			return fail(err)
		}
		fmt.Fprintf(w.Stdout, "%s\n", text)
		return 0
	case "allocate":
		memory := make([]byte, number(arg(1)))
		for i := range memory {
			memory[i] = 1 // touched, so that the system has to find it
		}
		return int(memory[len(memory)-1]) - 1
	case "terminal":
		var cols, rows int
		for cols == 0 { // an old daemon sets it a moment after the start
			var err error
			if cols, rows, err = term.GetSize(int(os.Stdout.Fd())); err != nil {
				return fail(err)
			}
		}
		fmt.Fprintf(w.Stdout, "%dx%d\n", rows, cols)
		return 0
	case "serve":
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return fail(err)
		}
		fmt.Fprintf(w.Stdout, "ready %s\n", l.Addr())
		conn, err := l.Accept()
		if err != nil {
			return fail(err)
		}
		fmt.Fprint(conn, "hello from the side-car")
		conn.Close()
		return 0
	case "dial":
		conn, err := net.Dial("tcp", arg(1))
		if err != nil {
			return fail(err)
		}
		text, _ := io.ReadAll(conn)
		fmt.Fprintf(w.Stdout, "%s\n", text)
		return 0
	}
	fmt.Fprintf(w.Stdout, "no program %q\n", strings.Join(w.Args, " "))
	return 2
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic("enginetest: " + s + " is no number")
	}
	return n
}
