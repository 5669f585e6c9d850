package evidence

// Engine is the evidence for where containers run. Real containers run on Azure's
// machines; what differs here is said as events of the container.
func Engine() []Entry {
	return []Entry{
		{
			Behaviour: "What a killed emulator left behind, processes, folders and containers, is ended and removed by the next start; what a living emulator or the user runs never is.",
			Kind:      Assumed, Source: "the emulator's own housekeeping",
		},
		{
			Behaviour: "A container that a signal ended has 128 and the signal's number as exit code; a program that does not exist exits 127.",
			Kind:      Assumed, Source: "what shells and container runtimes do; Container Instances show the runtime's code",
		},
		{
			Behaviour: "A stop sends SIGTERM and after a grace SIGKILL.",
			Kind:      Assumed, Source: "what container runtimes do; the grace that Container Instances allow is not documented",
		},
		{
			Behaviour: "When a container's first process ends, all that it has started ends with it.",
			Kind:      Assumed, Source: "what a PID namespace does; the process engine does the same by process group, and on Linux by a search too",
		},
		{
			Behaviour: "A restarted container finds its volumes as they were and nothing else of its earlier run.",
			Operation: "ContainerGroups_Restart",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-volume-emptydir (survives a container's crash; the writable layer is not kept)",
		},
		{
			Behaviour: "An exec's command is split at spaces and tabs; quotes mean nothing.",
			Operation: "Containers_ExecuteCommand",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-exec (a single process; no arguments are passed); that arguments work here at all is a deliberate difference",
		},
		{
			Behaviour: "Exec over pipes instead of a terminal on the process engine: the terminal's size is ignored.",
			Kind:      Assumed, Source: "a deliberate difference: a child process without a terminal needs nothing of the machine",
		},
		{
			Behaviour: "The process engine puts volumes into the container's working folder and says so in an event.",
			Code:      "VolumeInScratchFolder",
			Kind:      Assumed, Source: "a deliberate difference: without containers there is no file system of their own",
		},
		{
			Behaviour: "The process engine leaves a leading /opt/prefect/entrypoint.sh out where it does not exist and says so in an event.",
			Code:      "EntrypointLeftOut",
			Kind:      Assumed, Source: "a deliberate difference, so that commands made for Prefect's images run without them",
		},
		{
			Behaviour: "The docker engine gives a container no more cores than the daemon has and says so in an event.",
			Code:      "CPULimited",
			Kind:      Assumed, Source: "a deliberate difference: the machine may be smaller than the container group asks for",
		},
		{
			Behaviour: "A container whose daemon is gone or silent ends without an exit code; an event says that its end is unknown.",
			Code:      "LostContainer",
			Kind:      Assumed, Source: "a deliberate difference: Container Instances has no daemon for its users to lose",
		},
		{
			Behaviour: "An image that does not exist, that the credentials do not open, or that is for another platform is not accessible.",
			Code:      "InaccessibleImage",
			Kind:      IssueThread, Source: "Azure/azure-cli#25685; learn.microsoft.com/azure/container-instances/container-instances-troubleshooting",
		},
		{
			Behaviour: "A registry that answers with trouble of its own, or with too many requests, is named as such.",
			Code:      "RegistryErrorResponse",
			Kind:      IssueThread, Source: "Azure/azure-cli#29300",
		},
		{
			Behaviour: "A container that its memory limit has ended shows OOMKilled; it has no swap.",
			Code:      "OOMKilled",
			Kind:      Assumed, Source: "what the kernel and container runtimes do; the docker engine alone enforces limits",
		},
	}
}
