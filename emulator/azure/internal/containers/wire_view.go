package containers

import "time"

// The read-only parts of a reply and the bodies of the smaller operations.

type groupView struct {
	Events []event `json:"events"`
	State  string  `json:"state"`
}

type containerView struct {
	RestartCount  int             `json:"restartCount"`
	CurrentState  *containerState `json:"currentState,omitempty"`
	PreviousState *containerState `json:"previousState,omitempty"`
	Events        []event         `json:"events,omitzero"`
}

// containerState is one state of a container. ExitCode is nil while it runs, and for
// an end that has no code, such as an eviction.
type containerState struct {
	State        string     `json:"state"`
	StartTime    *time.Time `json:"startTime,omitempty"`
	ExitCode     *int       `json:"exitCode,omitempty"`
	FinishTime   *time.Time `json:"finishTime,omitempty"`
	DetailStatus string     `json:"detailStatus"`
}

type event struct {
	Count          int       `json:"count"`
	FirstTimestamp time.Time `json:"firstTimestamp"`
	LastTimestamp  time.Time `json:"lastTimestamp"`
	Name           string    `json:"name"`
	Message        string    `json:"message"`
	Type           string    `json:"type"`
}

type execRequest struct {
	Command      string        `json:"command"`
	TerminalSize *terminalSize `json:"terminalSize"`
}

type terminalSize struct {
	Rows int `json:"rows"`
	Cols int `json:"cols"`
}

// streamReply is the answer of attach and exec.
type streamReply struct {
	WebSocketURI string `json:"webSocketUri"`
	Password     string `json:"password"`
}

type usage struct {
	ID           string    `json:"id"`
	Unit         string    `json:"unit"`
	CurrentValue int       `json:"currentValue"`
	Limit        int       `json:"limit"`
	Name         usageName `json:"name"`
}

type usageName struct {
	Value          string `json:"value"`
	LocalizedValue string `json:"localizedValue"`
}

type list[T any] struct {
	Value []T `json:"value"`
}

type cachedImage struct {
	OSType string `json:"osType"`
	Image  string `json:"image"`
}

type capability struct {
	ResourceType  string        `json:"resourceType"`
	OSType        string        `json:"osType"`
	Location      string        `json:"location"`
	IPAddressType string        `json:"ipAddressType"`
	GPU           string        `json:"gpu"`
	Capabilities  capabilityMax `json:"capabilities"`
}

type capabilityMax struct {
	MaxMemoryInGB float64 `json:"maxMemoryInGB"`
	MaxCPU        float64 `json:"maxCpu"`
	MaxGPUCount   float64 `json:"maxGpuCount"`
}

type providerOperation struct {
	Name    string           `json:"name"`
	Display operationDisplay `json:"display"`
	Origin  string           `json:"origin"`
}

type operationDisplay struct {
	Provider    string `json:"provider"`
	Resource    string `json:"resource"`
	Operation   string `json:"operation"`
	Description string `json:"description"`
}
