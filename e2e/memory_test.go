//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mostMemory is the resident memory in MB that `pacific run --local` may have at its peak, the emulator and the program
// itself included. Live memory is less.
const mostMemory = 100

// TestGigabyte runs jobs whose output is a gigabyte, or very many lines. All of it arrives, and Pacific's memory stays flat.
func TestGigabyte(t *testing.T) {
	seconds(t)
	for _, tt := range []struct{ name, command string }{
		// A stream of AES in counter mode: it is no text, and does not repeat.
		{"binary", `head -c 1073741824 /dev/zero | openssl enc -aes-128-ctr -nosalt -K 00112233445566778899aabbccddeeff -iv 00000000000000000000000000000000`},
		// One line, which has no end.
		{"no newline", `head -c 1073741824 /dev/zero`},
		{"short lines", `yes 'a line of the output' | head -c 268435456`}, // as many lines as take long
	} {
		t.Run(tt.name, func(t *testing.T) {
			want, size, _ := checksum(t, exec.Command("sh", "-c", tt.command))
			cmd := exec.Command(binary(t), "run", "--local", "--quiet", "--", "sh", "-c", tt.command)
			began := time.Now()
			got, n, peak := checksum(t, cmd)
			took := time.Since(began)
			if n != size || !bytes.Equal(got, want) {
				t.Errorf("got %d bytes with checksum %x, want %d with %x", n, got, size, want)
			}
			fmt.Printf("e2e: %s: peak memory %d MB, %.0f MB/s\n", t.Name(), peak, float64(n)/1e6/took.Seconds())
			if peak == 0 || peak > mostMemory {
				t.Errorf("peak memory %d MB, want at most %d", peak, mostMemory)
			}
		})
	}
}

// checksum runs a command, hashes what it prints, and says how many MB of memory the command had resident at its peak. What the
// system says when the command has ended is no less than this test's own memory, of which the command is a fork.
func checksum(t *testing.T, cmd *exec.Cmd) (sum []byte, size, peak int64) {
	t.Helper()
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	hash := sha256.New()
	for err == nil {
		var n int64
		n, err = io.CopyN(hash, stdout, 4<<20)
		size += n
		peak = max(peak, residentPeak(cmd.Process.Pid))
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	return hash.Sum(nil), size, peak
}

// residentPeak is the most memory in MB that a process has had resident since it began its program; 0: it has ended.
func residentPeak(pid int) int64 {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	_, text, found := strings.Cut(string(status), "\nVmHWM:")
	if !found {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
	return kilobytes >> 10
}
