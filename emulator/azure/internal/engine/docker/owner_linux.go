package docker

import (
	"bytes"
	"os"
	"strconv"
)

// startOf tells a process from a later one with the same number: its start, in the kernel's clock. It is empty
// for one that does not exist.
func startOf(pid int) string {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return ""
	}
	// The second field is the program's name in parentheses, which may hold anything; the start is the 22nd.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 20 {
		return ""
	}
	return string(fields[19])
}
