package clitest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// Job is the container of these tests:
//
//	echo TEXT…   prints and ends
//	print TEXT…  prints without a newline and ends with 3
//	exit N       ends with N
//	ask          reads a line and repeats it
//	sleep D      runs so long
//	wait         prints "ready" and runs until it is stopped
func Job(ctx context.Context, c azureemulator.ContainerCall) int {
	command := c.Spec.Command
	switch command[0] {
	case "echo":
		fmt.Fprintln(c.Spec.Output, strings.Join(command[1:], " "))
	case "print":
		fmt.Fprint(c.Spec.Output, strings.Join(command[1:], " "))
		return 3
	case "exit":
		n, _ := strconv.Atoi(command[1])
		return n
	case "ask":
		line, _ := bufio.NewReader(c.Stdin).ReadString('\n')
		fmt.Fprintf(c.Spec.Output, "you typed %s", line)
	case "sleep":
		d, _ := time.ParseDuration(command[1])
		select {
		case <-time.After(d):
		case <-ctx.Done():
		}
	case "wait":
		fmt.Fprintln(c.Spec.Output, "ready")
		<-ctx.Done()
		return 143
	}
	return 0
}

// InBubble runs a test in fake time with an Azure of its own.
func InBubble(t *testing.T, test func(t *testing.T, h *Harness)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, New(t, Job)) })
}

// PSNames lists the names that ps shows, with their states.
func (h *Harness) PSNames(args ...string) map[string]string {
	h.T.Helper()
	r := h.Run(append([]string{"ps", "--output", "json"}, args...)...)
	r.Wants(h.T, 0, "[", "")
	var jobs []struct{ Name, State string }
	if err := json.Unmarshal([]byte(r.Stdout), &jobs); err != nil {
		h.T.Fatalf("%v in %q", err, r.Stdout)
	}
	got := map[string]string{}
	for _, j := range jobs {
		got[j.Name] = j.State
	}
	return got
}

// WantsJobs compares the names that ps shows, and their states.
func (h *Harness) WantsJobs(want map[string]string, args ...string) {
	h.T.Helper()
	if diff := cmp.Diff(want, h.PSNames(args...)); diff != "" {
		h.T.Errorf("pacific ps %v: -want +got:\n%s", args, diff)
	}
}

// ForeignGroup makes a container group as somebody without Pacific would.
func (h *Harness) ForeignGroup(name string) {
	h.T.Helper()
	groups, err := armcontainerinstance.NewContainerGroupsClient(h.SDK())
	if err != nil {
		h.T.Fatal(err)
	}
	poller, err := groups.BeginCreateOrUpdate(h.T.Context(), Group, name, armcontainerinstance.ContainerGroup{
		Location: new("westeurope"),
		Tags:     map[string]*string{"pacific-owner": new("somebody else")},
		Properties: &armcontainerinstance.ContainerGroupPropertiesProperties{
			OSType:        new(armcontainerinstance.OperatingSystemTypesLinux),
			RestartPolicy: new(armcontainerinstance.ContainerGroupRestartPolicyNever),
			Containers: []*armcontainerinstance.Container{{Name: new("main"), Properties: &armcontainerinstance.ContainerProperties{
				Image: new("alpine:3"), Command: []*string{new("echo")},
				Resources: &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(1.0), MemoryInGB: new(1.0)}},
			}}},
		},
	}, nil)
	if err != nil {
		h.T.Fatal(err)
	}
	if _, err := poller.PollUntilDone(h.T.Context(), nil); err != nil {
		h.T.Fatal(err)
	}
}

// Exists reports whether there is a container group of this name.
func (h *Harness) Exists(name string) bool {
	h.T.Helper()
	groups, err := armcontainerinstance.NewContainerGroupsClient(h.SDK())
	if err != nil {
		h.T.Fatal(err)
	}
	_, err = groups.Get(h.T.Context(), Group, name, nil)
	return err == nil
}
