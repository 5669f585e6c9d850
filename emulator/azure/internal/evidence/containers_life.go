package evidence

func containerLife() []Entry {
	return []Entry{
		{
			Behaviour: "A container's events tell its start: Pulling, Pulled (with the image's digest, where the engine knows it), Started, with count and first and last time.",
			Code:      "Pulling Pulled Started",
			Kind:      Recorded, Source: "recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview); until 2019 there was Created too",
		},
		{
			Behaviour: "A container that is ended by a stop, restart, update or delete has the event Killing.",
			Code:      "Killing",
			Kind:      Recorded, Source: "recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview)",
		},
		{
			Behaviour: "A probe is asked at its times with a kubelet's defaults; each failure is the event Unhealthy. A container whose liveness probe has failed often enough is ended, and its restart policy decides what follows. A probe by httpGet is not asked where the engine's containers cannot be reached.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "Unhealthy InvalidProbe",
			Kind: Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-liveness-probe, container-instances-readiness-probe" + codeAssumed,
		},
		{
			Behaviour: "A gitRepo volume is cloned with this machine's git before the containers start, into a folder of the repository's name unless directory says otherwise; a clone that fails fails the group.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "InvalidGitRepoVolume",
			Kind: Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-volume-gitrepo" + codeAssumed,
		},
		{
			Behaviour: "A container that its engine has lost has ended without an exit code and is not started again.",
			Operation: "ContainerGroups_Get",
			Kind:      Assumed, Source: "nobody knows how it ended",
		},
		{
			Behaviour: "An image that cannot be had fails the provisioning with InaccessibleImage, with the events Failed and BackOff; the group stays Pending, goes on trying, and may come up late.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "InaccessibleImage Failed BackOff",
			Kind: IssueThread, Source: "Azure/azure-cli#18596 (code and words), virtual-kubelet/azure-aci#132 (a failed group that comes up); real Azure often refuses the PUT itself, with 400, where the emulator fails the operation",
		},
		{
			Behaviour: "A container that cannot be started fails the provisioning, with the event Failed; the group goes on trying.",
			Code:      "ContainerStartFailed",
			Kind:      Assumed, Source: "as for images",
		},
		{
			Behaviour: "A group that is not up in 30 minutes has failed provisioning; it is not stopped by that.",
			Code:      "ContainerGroupProvisioningTimeout",
			Kind:      Documented, Source: pageStates + " (it is not stopped); real replies say provisioningTimeoutInSeconds 1800; the code is assumed",
		},
		{
			Behaviour: "An operation whose group ends, is stopped or deleted before all containers have started has failed.",
			Code:      "ContainerGroupFailed ContainerGroupOperationCanceled",
			Kind:      IssueThread, Source: "Azure/azure-sdk-for-java#13378 (ends as Canceled there); the codes are assumed",
		},
		{
			Behaviour: "A group for which the engine has no room has the event FailedCreatePodSandBox and is Failed.",
			Code:      "ContainerGroupSandboxFailed FailedCreatePodSandBox",
			Kind:      Assumed, Source: "the event's name as kubelets report it",
		},
		{
			Behaviour: "Groups are Pending, Running, Succeeded, Failed or Stopped, containers Waiting, Running or Terminated; provisioning is Pending, Creating, then Succeeded once every container has been started, or Failed.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: pageStates,
		},
		{
			Behaviour: "A group whose containers have all ended is Succeeded if all exit codes are 0, else Failed; a terminated container's detailStatus is Completed, Error or OOMKilled.",
			Operation: "ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_exec.yaml: exit code 2, Error, Failed; test_container_create_with_msi.yaml: Completed); OOMKilled is assumed",
		},
		{
			Behaviour: "Init containers run to their end, one after the other, before the containers start; one that fails for good fails the group.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-init-container",
		},
	}
}

func containerDisruptions() []Entry {
	return []Entry{
		{
			Behaviour: "A group that is Unhealthy for ten seconds is Repairing for ten more and then as before; its containers run on.",
			Setting:   "unhealthy",
			Kind:      Documented, Source: pageStates + " (the states); times and what runs are assumed",
		},
		{
			Behaviour: "An eviction ends containers at once, without an exit code and whatever the restart policy; the group is Failed, with the event Evicted.",
			Setting:   "evict", Code: "Evicted",
			Kind: Assumed, Source: "what a client must cope with; Azure documents that evicted groups start again where there is room",
		},
		{
			Behaviour: "A platform restart is a restart in place that nobody asked for.",
			Setting:   "restart",
			Kind:      Documented, Source: pageRestart,
		},
	}
}

func containerRestarts() []Entry {
	return []Entry{
		{
			Behaviour: "Restart policies Always, OnFailure and Never (default Always) decide whether an ended container runs again, with restartCount and previousState.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: pageRestart,
		},
		{
			Behaviour: "The first restart is at once, the next after 10 seconds, doubling to 5 minutes; ten minutes of running begin anew.",
			Operation: "ContainerGroups_Get", Code: "BackOff",
			Kind: Assumed, Source: "a kubelet's rule; " + aciRecordings + " (test_container_create_with_msi.yaml) show restarts without a wait",
		},
		{
			Behaviour: "A container that waits for its restart is Waiting with the detailStatus CrashLoopBackOff: Back-off restarting failed.",
			Operation: "ContainerGroups_Get",
			Kind:      IssueThread, Source: "Praqma/Network-MultiTool#25",
		},
		{
			Behaviour: "A container gets its own variables first; IDENTITY_ENDPOINT, IDENTITY_HEADER and AZURE_POD_IDENTITY_AUTHORITY_HOST are added where it has identities and does not set them. Real containers reach 169.254.169.254.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Assumed, Source: "a deliberate difference: a link-local address cannot be played on one machine",
		},
	}
}

func containerStreams() []Entry {
	return []Entry{
		{
			Behaviour: "Logs answer content, with tail and timestamps; before the container has started they are a 404.",
			Operation: "Containers_ListLogs", Code: "ContainerLogNotAvailable",
			Kind: IssueThread, Source: "virtual-kubelet/virtual-kubelet#237 (code and words)",
		},
		{
			Behaviour: "A log shows its last bytes, so that the first line may have lost its beginning; a line of a stamped log carries the time of its first byte, at least a microsecond after the line before.",
			Operation: "Containers_ListLogs", Setting: "logs.runningBytes logs.stoppedBytes logs.stoppedLines",
			Kind: Assumed, Source: "the limits are documented, how they cut is not",
		},
		{
			Behaviour: "A restarted container has a new log; the old one is there until it has started.",
			Operation: "Containers_ListLogs",
			Kind:      Assumed, Source: "as kubelets keep logs",
		},
		{
			Behaviour: "A container that the group does not have is a 404, a tail that is no number a 400.",
			Operation: "Containers_ListLogs", Code: "ContainerNotFound InvalidQueryParameter",
			Kind: Assumed, Source: "statuses follow those of other resources",
		},
		{
			Behaviour: "Attach and exec answer an address and a password for one websocket; unused they are good for five minutes.",
			Operation: "Containers_Attach Containers_ExecuteCommand",
			Kind:      Recorded, Source: aciRecordings + " (test_container_exec.yaml: a host below atlas.cloudapp.azure.com, port 19390, /execstream/sessionId/ID, rows and cols in the query, a password that ends in [[EOM]]); attach's path and the five minutes are assumed",
		},
		{
			Behaviour: "Attach's websocket takes the password as its Authorization header and shows what comes from then on, as text where it is text; it is closed with 1000 when the container ends.",
			Operation: "Containers_Attach Containers_AttachStream",
			Kind:      Documented, Source: "learn.microsoft.com/powershell/module/az.containerinstance/add-azcontainerinstanceoutput (port, header); that nothing earlier is shown, frames and close are assumed",
		},
		{
			Behaviour: "An attached client that is more than 1 MB behind is cut off with 1008; the container never waits for it.",
			Operation: "Containers_AttachStream",
			Kind:      Assumed, Source: "what real Azure does is not known",
		},
		{
			Behaviour: "Exec's websocket takes the password as its first message, as text; then bytes go both ways, and the command's end closes it with 1000. The exit code is told to nobody, and arguments are split at blanks.",
			Operation: "Containers_ExecuteCommand Containers_ExecStream",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-exec; the protocol is as az, docker-archive/compose-cli and virtual-kubelet/azure-aci speak it",
		},
		{
			Behaviour: "An exec without a command, with an impossible terminal, or in a container that is not running is refused.",
			Operation: "Containers_ExecuteCommand Containers_Attach", Code: "InvalidExecCommand InvalidTerminalSize ContainerNotRunning",
			Kind: Assumed, Source: "the codes are ours",
		},
	}
}
