package leftover

import (
	"bytes"
	"os"
	"strconv"
)

// StartOf tells a process from a later one with the same number: its start, in the kernel's clock. It is empty
// for one that does not exist, or that has ended.
func StartOf(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	return startIn(stat)
}

// space tells this process's numbers from those of a sandbox with the same host name.
func space() string {
	link, _ := os.Readlink("/proc/self/ns/pid")
	return link
}

// startIn is the start in a process's stat file; empty for one that has ended and waits for its parent to notice.
func startIn(stat []byte) string {
	// The second field is the program's name in parentheses, which may hold anything; the state is the 3rd, the start the 22nd.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 || string(fields[0]) == "Z" || string(fields[0]) == "X" {
		return ""
	}
	return string(fields[19])
}
