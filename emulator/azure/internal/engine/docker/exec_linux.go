package docker

import (
	"bytes"
	"os"
	"strconv"
)

// killInContainer kills a process of this machine if it is one of the container's, which its control groups tell.
func killInContainer(pid int, container string) {
	p, err := os.FindProcess(pid) // a handle: a later process with this number is safe
	if err != nil {
		return
	}
	defer p.Release()
	groups, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cgroup")
	if err == nil && bytes.Contains(groups, []byte(container)) {
		_ = p.Kill()
	}
}
