package evidence

// Pages and files that several rows rest on.
const (
	pageACITroubles  = "learn.microsoft.com/azure/container-instances/container-instances-troubleshooting"
	pageACIGroups    = "learn.microsoft.com/azure/container-instances/container-instances-container-groups"
	pageACIFAQ       = "learn.microsoft.com/azure/container-instances/container-instances-faq"
	pageACIVNet      = "learn.microsoft.com/azure/container-instances/container-instances-virtual-network-concepts"
	specContainers   = "Azure/azure-rest-api-specs containerInstance.json 2023-05-01"
	specContainers24 = "Azure/azure-rest-api-specs containerInstance.json 2024-05-01-preview"
	codeAssumed      = "; the code is assumed"
)

// Containers is the evidence for container groups.
func Containers() []Entry {
	var all []Entry
	all = append(all, containerGroups()...)
	all = append(all, containerLife()...)
	all = append(all, containerStreams()...)
	all = append(all, containerGroupRefusals()...)
	return append(all, containerRefusals()...)
}

func containerGroups() []Entry {
	return []Entry{
		{
			Behaviour: "PUT of a container group answers 201 with the resource and Azure-AsyncOperation, without Location or Retry-After; the poll address carries api-version 2018-06-01 whatever the client sent.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "DELETE of a container group answers 200 with the whole group, 204 if it was not there.",
			Operation: "ContainerGroups_Delete",
			Kind:      Recorded, Source: armRecordings + " (200); 204 is in " + specContainers,
		},
		{
			Behaviour: "Lists of container groups leave the instance views out; a GET of one has them.",
			Operation: "ContainerGroups_List ContainerGroups_ListByResourceGroup ContainerGroups_Get",
			Kind:      IssueThread, Source: "Azure/azure-rest-api-specs#21280, docker-archive/compose-cli#33",
		},
		{
			Behaviour: "PATCH changes the tags alone; stop, start and restart have no body and answer as the API file says.",
			Operation: "ContainerGroups_Update ContainerGroups_Stop ContainerGroups_Start ContainerGroups_Restart",
			Kind:      Documented, Source: specContainers,
		},
		{
			Behaviour: "Usages are counted by region: container groups and standard cores.",
			Operation: "Location_ListUsage",
			Kind:      Documented, Source: specContainers + ", " + pageQuotas,
		},
		{
			Behaviour: "Capabilities and cached images are listed; the lists are short.",
			Operation: "Location_ListCapabilities Location_ListCachedImages ContainerGroups_GetOutboundNetworkDependenciesEndpoints",
			Kind:      Documented, Source: specContainers + "; the contents are assumed",
		},
		{
			Behaviour: "Container group profiles and service association links are refused with 501 for now.",
			Operation: "ContainerGroupProfiles_List ContainerGroupProfiles_ListByResourceGroup ContainerGroupProfiles_Get ContainerGroupProfiles_CreateOrUpdate ContainerGroupProfiles_Patch ContainerGroupProfiles_Delete ContainerGroupProfile_ListAllRevisions ContainerGroupProfile_GetByRevisionNumber SubnetServiceAssociationLink_Delete",
			Kind:      Documented, Source: specContainers24 + "; the refusal is a limit of the emulator",
		},
		{
			Behaviour: "secureValue, registry passwords and secret volumes are never in an answer.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-environment-variables#secure-values",
		},
		{
			Behaviour: "A group that is being made, changed or deleted refuses another change with 409.",
			Code:      "ContainerGroupTransitioning",
			Kind:      IssueThread, Source: "docker-archive/compose-cli#1187",
		},
		{
			Behaviour: "A stopped group refuses what needs it running.",
			Code:      "ContainerGroupStopped ContainerNotRunning",
			Kind:      Assumed, Source: "statuses and codes follow those of other refusals",
		},
		{
			Behaviour: "More creates or deletes than the quota allows are a 429.",
			Code:      "TooManyRequests",
			Kind:      Documented, Source: pageQuotas + codeAssumed,
		},
		{
			Behaviour: "A change of what a group fixes at its creation is refused.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "InvalidContainerGroupUpdate InvalidResourceLocation",
			Kind: Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-update#limitations" + codeAssumed,
		},
	}
}

func containerLife() []Entry {
	return []Entry{
		{
			Behaviour: "A container's events tell its start: Pulling, Pulled, Created, Started, with count and first and last time.",
			Code:      "Pulling Pulled Created Started",
			Kind:      Documented, Source: pageACITroubles + "#container-continually-exits-and-restarts-no-long-running-process",
		},
		{
			Behaviour: "A container that is ended has the event Killing.",
			Code:      "Killing",
			Kind:      Assumed, Source: "the name as kubelets report it",
		},
		{
			Behaviour: "A container that ends and is restarted waits ever longer, with the event BackOff; one whose image is not had has Failed and BackOff.",
			Code:      "BackOff Failed",
			Kind:      Documented, Source: pageACITroubles + "#unable-to-pull-image",
		},
		{
			Behaviour: "An evicted group has the event Evicted, one that found no place FailedCreatePodSandBox.",
			Code:      "Evicted FailedCreatePodSandBox",
			Kind:      Assumed, Source: "names as kubelets report them",
		},
		{
			Behaviour: "What only the emulator does to a container is an event called Emulator.",
			Code:      "Emulator",
			Kind:      Assumed, Source: "a tool of the emulator",
		},
		{
			Behaviour: "Groups are Pending, Running, Succeeded, Failed or Stopped, containers Waiting, Running or Terminated; only Succeeded and Failed of the provisioning states are final.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: pageStates,
		},
		{
			Behaviour: "Restart policies Always, OnFailure and Never decide whether an ended container runs again, with restartCount and previousState.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: pageRestart,
		},
		{
			Behaviour: "An image that cannot be had fails the group.",
			Code:      "InaccessibleImage",
			Kind:      IssueThread, Source: "Azure/azure-cli#27860, Azure/azure-sdk-for-net#36227",
		},
		{
			Behaviour: "A group that is not up in half an hour fails; one that ends first, or whose sandbox or container cannot be made, says so.",
			Code:      "ContainerGroupProvisioningTimeout ContainerGroupFailed ContainerGroupOperationCanceled ContainerGroupSandboxFailed ContainerStartFailed",
			Kind:      Documented, Source: pageStates + "; the codes are assumed",
		},
	}
}

func containerStreams() []Entry {
	return []Entry{
		{
			Behaviour: "Logs answer content, with tail and timestamps; before the container has started they are a 404.",
			Operation: "Containers_ListLogs", Code: "ContainerLogNotAvailable",
			Kind: IssueThread, Source: "virtual-kubelet/virtual-kubelet#237",
		},
		{
			Behaviour: "A container that the group does not have is a 404, a tail that is no number a 400.",
			Operation: "Containers_ListLogs", Code: "ContainerNotFound InvalidQueryParameter",
			Kind: Assumed, Source: "statuses follow those of other resources",
		},
		{
			Behaviour: "Attach answers an address and a password for one websocket, whose Authorization header carries the password; it shows what comes from then on.",
			Operation: "Containers_Attach Containers_AttachStream",
			Kind:      Documented, Source: "learn.microsoft.com/powershell/module/az.containerinstance/add-azcontainerinstanceoutput; that nothing earlier is shown is assumed",
		},
		{
			Behaviour: "Exec answers an address and a password for one websocket, whose first message is the password; then bytes go both ways.",
			Operation: "Containers_ExecuteCommand Containers_ExecStream", Code: "InvalidExecCommand InvalidTerminalSize",
			Kind: Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-exec; the protocol is as docker-archive/compose-cli and virtual-kubelet/azure-aci speak it, the codes are assumed",
		},
	}
}

func containerGroupRefusals() []Entry {
	return []Entry{
		{
			Behaviour: "Names follow the rules of the service: groups and containers 1 to 63, volumes 5 to 63, DNS labels 5 to 63.",
			Code:      "InvalidContainerGroupName InvalidContainerName InvalidVolumeName InvalidDnsNameLabel",
			Kind:      Documented, Source: pageACITroubles + "#naming-conventions; the codes are assumed",
		},
		{
			Behaviour: "A definition without what is required is a 400 that names it.",
			Code:      "InvalidContainerGroupProperties InvalidContainerProperties ContainersNotSpecified ContainerImageNotSpecified ResourceRequestsNotSpecified InvalidImageName",
			Kind:      Documented, Source: specContainers + "; the codes are assumed",
		},
		{
			Behaviour: "A value outside of its list is a 400 that names the list.",
			Code:      "InvalidOsType InvalidRestartPolicy InvalidContainerGroupSku InvalidContainerGroupPriority InvalidIpAddressType InvalidPortProtocol InvalidIdentityType InvalidLogType InvalidDomainNameLabelScope",
			Kind:      Documented, Source: specContainers + "; the codes are assumed",
		},
		{
			Behaviour: "A log analytics workspace needs id and key.",
			Code:      "InvalidLogAnalyticsWorkspace",
			Kind:      Documented, Source: specContainers + codeAssumed,
		},
		{
			Behaviour: "A group has at most 60 containers, 20 volumes and 5 ports.",
			Code:      "TooManyContainers TooManyVolumes TooManyIpAddressPorts",
			Kind:      Documented, Source: pageQuotas + "; the codes are assumed",
		},
		{
			Behaviour: "A group has 1 to 31 cores and 1 to 240 GB, a spot group at most 4 and 16, and a limit fits between request and total.",
			Code:      "InvalidResourceRequests ContainerLimitLessThanRequest ContainerLimitGreaterThanContainerGroupTotalRequest",
			Kind:      Documented, Source: pageQuotas + ", " + pageACIGroups + "; the codes are assumed",
		},
		{
			Behaviour: "GPUs are refused: they were retired on 14 July 2025.",
			Code:      "GpuResourceNotSupported",
			Kind:      Documented, Source: pageQuotas + codeAssumed,
		},
		{
			Behaviour: "A spot group has no public address and no subnet.",
			Code:      "InvalidSpotContainerGroup",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-spot-containers-overview" + codeAssumed,
		},
		{
			Behaviour: "A private address needs a subnet, a public one excludes it; an address needs ports that a container exposes.",
			Code:      "PrivateIpAddressNeedsSubnet PublicIpAddressInSubnet MissingIpAddressPorts IpAddressPortNotExposed InvalidSubnetId",
			Kind:      Documented, Source: pageACIVNet + "; the codes are assumed",
		},
		{
			Behaviour: "Ports are 1 to 65535 without the reserved ones, each once.",
			Code:      "InvalidPort ReservedPort DuplicateContainerPorts DuplicateIpAddressPorts",
			Kind:      Documented, Source: pageACIFAQ + ", " + pageACITroubles + "; the codes are assumed",
		},
		{
			Behaviour: "A DNS label that another group of the region has is refused; name servers are addresses.",
			Code:      "DnsNameLabelNotAvailable InvalidDnsConfig",
			Kind:      Documented, Source: specContainers + "; the codes are assumed",
		},
	}
}

func containerRefusals() []Entry {
	return []Entry{
		{
			Behaviour: "Names within a group are used once: containers, variables, volumes, mount paths, registry servers.",
			Code:      "DuplicateContainerName DuplicateContainerEnvironmentVariable DuplicateVolumeName DuplicateVolumeMountPath DuplicateImageRegistryCredentialServer",
			Kind:      Assumed, Source: "the service refuses duplicates; the codes are ours",
		},
		{
			Behaviour: "A variable's name starts with a letter or underscore, and it has a value or a secureValue.",
			Code:      "InvalidContainerEnvironmentVariable",
			Kind:      Documented, Source: pageACITroubles + "#naming-conventions; code and text are assumed",
		},
		{
			Behaviour: "Init containers have no ports and no resources of their own.",
			Code:      "InvalidInitContainer",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-init-container" + codeAssumed,
		},
		{
			Behaviour: "A group has no more registry credentials than containers.",
			Code:      "MoreImageRegistryCredentialsThanContainers",
			Kind:      IssueThread, Source: "docker/cli#3610",
		},
		{
			Behaviour: "A registry's server is a host name without protocol, its credential has user name and password, its identity is one of the group's.",
			Code:      "InvalidImageRegistryCredentialServer InvalidImageRegistryCredential InvalidImageRegistryIdentity",
			Kind:      IssueThread, Source: "Azure/aci-deploy#16 (server); the other codes are assumed",
		},
		{
			Behaviour: "User-assigned identities are named by full resource ids, if and only if the type says so.",
			Code:      "InvalidUserAssignedIdentities LinkedInvalidPropertyId",
			Kind:      Documented, Source: pageACIIdentity + ", " + pageARMErrors + "; the first code is assumed",
		},
		{
			Behaviour: "A volume is of one kind and a mount names one of the group's, at an absolute path without a colon; secrets are Base64.",
			Code:      "InvalidVolume InvalidSecretVolume VolumeMountNotFound InvalidVolumeMountPath",
			Kind:      Documented, Source: specContainers + "; the codes are assumed",
		},
	}
}
