package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// containerChecks watch containers.
var containerChecks = []check{
	{"A container that the group does not have is a 404", (*cloud).seesLogs},
	{"An exec without a command, with an impossible terminal", (*cloud).seesExec},
	{"The first restart is at once", (*cloud).seesRestarts},
	{"A restarted container has a new log", (*cloud).seesNewLog},
	{"A stop gives containers SIGTERM and 30 seconds", (*cloud).seesStop},
	{"A stop sends SIGTERM and after a grace SIGKILL", (*cloud).seesSignal},
	{"When a container's first process ends", (*cloud).seesOrphans},
	{"A log shows its last bytes", (*cloud).seesLogCut},
	{"A container that a signal ended has 128", (*cloud).seesNoProgram},
	{"A container that its memory limit has ended shows OOMKilled", (*cloud).seesMemoryLimit},
}

// definition is a container group with one container, main, that runs a line of shell.
func (c *cloud) definition(restart string, command ...string) map[string]any {
	if len(command) == 1 {
		command = []string{"sh", "-c", command[0]}
	}
	return map[string]any{"location": c.location, "properties": map[string]any{
		"osType": "Linux", "restartPolicy": restart,
		"containers": []any{map[string]any{"name": "main", "properties": map[string]any{
			"image": c.image, "command": command, "resources": map[string]any{"requests": map[string]any{"cpu": 1, "memoryInGB": 1}},
		}}},
	}}
}

// instance is what a container group shows of itself and of its container.
type instance struct {
	Properties struct {
		InstanceView struct{ State string }
		Containers   []struct {
			Properties struct{ InstanceView view }
		}
	}
}

type view struct {
	RestartCount                int
	CurrentState, PreviousState struct {
		State, DetailStatus   string
		ExitCode              *int
		StartTime, FinishTime time.Time
	}
}

func (i instance) view() view { return i.Properties.Containers[0].Properties.InstanceView }

func running(i instance) bool { return i.view().CurrentState.State == "Running" }

func ended(i instance) bool { return i.view().CurrentState.State == "Terminated" }

// creates makes a container group, and deletes it when the check is done.
func (c *cloud) creates(ctx context.Context, name string, definition map[string]any) (end func(), err error) {
	got, err := c.do(ctx, http.MethodPut, c.containerGroup(name)+containersVersion, definition)
	if err == nil && got.status >= 300 {
		err = fmt.Errorf("creating a container group: %s: %.200s", got, got.body)
	}
	return func() {
		_, _ = c.do(context.WithoutCancel(ctx), http.MethodDelete, c.containerGroup(name)+containersVersion, nil)
	}, err
}

// until reads a container group every second until it is as wanted.
func (c *cloud) until(ctx context.Context, name string, wanted func(instance) bool) (instance, error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	for {
		got, err := c.do(ctx, http.MethodGet, c.containerGroup(name)+containersVersion, nil)
		if err != nil {
			return instance{}, err
		}
		var shown instance
		if err := got.into(&shown); err != nil {
			return instance{}, err
		}
		if len(shown.Properties.Containers) == 1 && wanted(shown) {
			return shown, nil
		}
		if err := sleep(ctx, time.Second); err != nil {
			return shown, fmt.Errorf("waiting for the container group %s: %w; it shows %.500s", name, err, got.body)
		}
	}
}

// watch makes a container group, waits until it is as wanted, and gives what it shows. end deletes it.
func (c *cloud) watch(ctx context.Context, name string, definition map[string]any, wanted func(instance) bool) (shown instance, end func(), err error) {
	if end, err = c.creates(ctx, name, definition); err == nil {
		shown, err = c.until(ctx, name, wanted)
	}
	return shown, end, err
}

func (c *cloud) seesLogs(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "logs", c.definition("Never", "sleep 600"), running)
	defer end()
	if err != nil {
		return finding{}, err
	}
	containers := c.containerGroup("logs") + "/containers/"
	return c.answers(ctx, request{"another container", http.MethodGet, containers + "other/logs" + containersVersion, nil, 404, "ContainerNotFound"},
		request{"tail=x", http.MethodGet, containers + "main/logs" + containersVersion + "&tail=x", nil, 400, "InvalidQueryParameter"})
}

func (c *cloud) seesExec(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "exec", c.definition("Never", "sleep 600"), running)
	defer end()
	if err != nil {
		return finding{}, err
	}
	exec := func(command string, rows int) any {
		return map[string]any{"command": command, "terminalSize": map[string]int{"rows": rows, "cols": 80}}
	}
	address := c.containerGroup("exec") + "/containers/main/exec" + containersVersion
	return c.answers(ctx, request{"no command", http.MethodPost, address, exec("", 24), 400, "InvalidExecCommand"},
		request{"-1 rows", http.MethodPost, address, exec("true", -1), 400, "InvalidTerminalSize"})
}

// seesRestarts takes the time between the second end of a container and its third life.
func (c *cloud) seesRestarts(ctx context.Context) (finding, error) {
	shown, end, err := c.watch(ctx, "restarts", c.definition("Always", "sleep 4; exit 1"), func(i instance) bool {
		return i.view().RestartCount == 2 && running(i)
	})
	defer end()
	if err != nil {
		return finding{}, err
	}
	wait := shown.view().CurrentState.StartTime.Sub(shown.view().PreviousState.FinishTime)
	f := finding{confirmed, fmt.Sprintf("the second restart came after %.0f s", wait.Seconds())}
	if wait < 8*time.Second || wait > 30*time.Second {
		f.verdict = refuted
	}
	return f, nil
}

// seesNewLog reads the log of a second life: the first one's line is gone.
func (c *cloud) seesNewLog(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "newlog", c.definition("Always", "echo life; sleep 5"), func(i instance) bool {
		return i.view().RestartCount >= 1 && running(i)
	})
	defer end()
	if err != nil {
		return finding{}, err
	}
	log, err := c.log(ctx, "newlog")
	if err != nil {
		return finding{}, err
	}
	lives := strings.Count(log, "life")
	f := finding{confirmed, fmt.Sprintf("the log of a later life has %d beginnings", lives)}
	if lives > 1 {
		f.verdict = refuted
	}
	return f, nil
}

// seesStop stops a container that does not heed SIGTERM.
func (c *cloud) seesStop(ctx context.Context) (finding, error) {
	_, end, err := c.watch(ctx, "stop", c.definition("Never", "trap '' TERM; while :; do sleep 1; done"), running)
	defer end()
	if err != nil {
		return finding{}, err
	}
	began := time.Now()
	got, err := c.do(ctx, http.MethodPost, c.containerGroup("stop")+"/stop"+containersVersion, nil)
	if err != nil || got.status >= 300 {
		return finding{}, fmt.Errorf("stopping: %s %w", got, err)
	}
	if _, err := c.until(ctx, "stop", func(i instance) bool { return i.Properties.InstanceView.State == "Stopped" }); err != nil {
		return finding{}, err
	}
	took := time.Since(began)
	f := finding{confirmed, fmt.Sprintf("a container that ignores SIGTERM was stopped after %.0f s", took.Seconds())}
	if took < 28*time.Second || took > 90*time.Second {
		f.verdict = refuted
	}
	return f, nil
}

// seesNoProgram asks for a program that the image does not have. A container's first process cannot end itself by a signal.
func (c *cloud) seesNoProgram(ctx context.Context) (finding, error) {
	return c.sees(ctx, "noprogram", c.definition("Never", "/no/such/program", "at", "all"), 127, "")
}

// seesMemoryLimit wants more memory than the container has.
func (c *cloud) seesMemoryLimit(ctx context.Context) (finding, error) {
	return c.sees(ctx, "memory", c.definition("Never", "text=0123456789abcdef; while :; do text=$text$text; done"), 137, "OOMKilled")
}

// sees waits for a container's end, and compares its exit code and, where one is given, its detailStatus.
func (c *cloud) sees(ctx context.Context, name string, definition map[string]any, code int, status string) (finding, error) {
	shown, end, err := c.watch(ctx, name, definition, ended)
	defer end()
	if err != nil {
		return finding{}, err
	}
	state := shown.view().CurrentState
	f := finding{refuted, "no exit code, detailStatus " + state.DetailStatus}
	if state.ExitCode != nil {
		f.saw = fmt.Sprintf("exit code %d, detailStatus %s", *state.ExitCode, state.DetailStatus)
		if *state.ExitCode == code && (status == "" || state.DetailStatus == status) {
			f.verdict = confirmed
		}
	}
	return f, nil
}
