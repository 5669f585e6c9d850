package evidence

// Pages and files that several rows rest on.
const (
	pageACITroubleshooting = "learn.microsoft.com/azure/container-instances/container-instances-troubleshooting"
	pageACIGroups          = "learn.microsoft.com/azure/container-instances/container-instances-container-groups"
	pageACIFAQ             = "learn.microsoft.com/azure/container-instances/container-instances-faq"
	pageACIVNet            = "learn.microsoft.com/azure/container-instances/container-instances-virtual-network-concepts"
	pageACIUpdate          = "learn.microsoft.com/azure/container-instances/container-instances-update"
	pageACIStopStart       = "learn.microsoft.com/azure/container-instances/container-instances-stop-start"
	pageACIMoving          = "learn.microsoft.com/troubleshoot/azure/azure-container-instances/configuration/container-group-remains-in-transitioning-state"
	specContainers         = "Azure/azure-rest-api-specs containerInstance.json 2023-05-01"
	specContainers24       = "Azure/azure-rest-api-specs containerInstance.json 2024-05-01-preview"
	aciRecordings          = "recordings of az's own tests, Azure/azure-cli src/azure-cli/azure/cli/command_modules/container/tests/latest/recordings"
	codeAssumed            = "; the code is assumed"
)

// Containers is the evidence for container groups.
func Containers() []Entry {
	var all []Entry
	all = append(all, containerGroups()...)
	all = append(all, containerLimits()...)
	all = append(all, containerChanges()...)
	all = append(all, containerUpdates()...)
	all = append(all, containerLife()...)
	all = append(all, containerDisruptions()...)
	all = append(all, containerRestarts()...)
	all = append(all, containerStreams()...)
	all = append(all, containerGroupRefusals()...)
	return append(all, containerRefusals()...)
}

func containerGroups() []Entry {
	return []Entry{
		{
			Behaviour: "PUT of a new container group answers 201 with the group, provisioningState Pending, and Azure-AsyncOperation without Location; the poll address carries api-version 2018-06-01 whatever the client sent.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml)",
		},
		{
			Behaviour: "The operation's status document says Pending, then Succeeded, with the container's events under properties.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml); that the events are the first container's is assumed",
		},
		{
			Behaviour: "A container's instance view comes only once the group is placed; the group's is there at once.",
			Operation: "ContainerGroups_CreateOrUpdate ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml: none in the answer of the PUT)",
		},
		{
			Behaviour: "Lists of container groups leave the instance views out; a GET of one has them.",
			Operation: "ContainerGroups_List ContainerGroups_ListByResourceGroup ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml); also Azure/azure-rest-api-specs#21280",
		},
		{
			Behaviour: "Lists come in pages of 200.",
			Operation: "ContainerGroups_List ContainerGroups_ListByResourceGroup",
			Kind:      Assumed, Source: "the API file has a nextLink; the length is not known",
		},
		{
			Behaviour: "Replies fill in sku Standard, empty environmentVariables and initContainers, and tags; a secret volume is shown as an empty object, a secure variable as its name alone.",
			Operation: "ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml, test_container_create_with_msi.yaml)",
		},
		{
			Behaviour: "secureValue, registry passwords, workspace keys and secret volumes are never in an answer.",
			Operation: "ContainerGroups_Get",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-environment-variables#secure-values",
		},
		{
			Behaviour: "Identities are shown with principalId, clientId and tenantId; the type is spelt SystemAssigned, UserAssigned, with a blank.",
			Operation: "ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create_with_msi.yaml)",
		},
		{
			Behaviour: "A DNS label becomes LABEL.REGION.azurecontainer.io, with a middle part where the label's scope is not Unsecure; the address is one that nothing listens at.",
			Operation: "ContainerGroups_Get",
			Kind:      Recorded, Source: aciRecordings + " (test_container_create.yaml); the middle part's form is assumed, the address is the emulator's own (documentation range)",
		},
		{
			Behaviour: "A region has ten usages: container groups, all that exist, standard cores, those of groups that have not ended or been stopped, and eight of which there is none.",
			Operation: "Location_ListUsage",
			Kind:      Recorded, Source: aciRecordings + " (ten, and the ids); that ended groups hold no cores, and the names of the eight, are assumed",
		},
		{
			Behaviour: "Capabilities are listed with osType NotSpecified, up to 32 CPU and 256 GB; cached images are none; a group in a subnet names what it must reach.",
			Operation: "Location_ListCapabilities Location_ListCachedImages ContainerGroups_GetOutboundNetworkDependenciesEndpoints",
			Kind:      Recorded, Source: aciRecordings + "; the images and the subnet's list are assumed",
		},
		{
			Behaviour: "The provider's 23 operations name the actions that roles for container groups are made of.",
			Operation: "Operations_List",
			Kind:      Recorded, Source: aciRecordings + " (their number); learn.microsoft.com/azure/role-based-access-control/permissions/containers",
		},
	}
}

// containerLimits are where the emulator does less than Azure.
func containerLimits() []Entry {
	return []Entry{
		{
			Behaviour: "A user-assigned identity with a well-formed id is taken as existing, and its ids follow from its resource id.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Assumed, Source: "a limit of the emulator until it has identities; real Azure refuses unknown ones",
		},
		{
			Behaviour: "Log Analytics settings are stored and shown without their key; nothing is shipped to a workspace.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Assumed, Source: "a limit of the emulator",
		},
		{
			Behaviour: "Container group profiles and service association links are refused with 501 for now.",
			Operation: "ContainerGroupProfiles_List ContainerGroupProfiles_ListByResourceGroup ContainerGroupProfiles_Get ContainerGroupProfiles_CreateOrUpdate ContainerGroupProfiles_Patch ContainerGroupProfiles_Delete ContainerGroupProfile_ListAllRevisions ContainerGroupProfile_GetByRevisionNumber SubnetServiceAssociationLink_Delete",
			Kind:      Documented, Source: specContainers24 + "; the refusal is a limit of the emulator",
		},
		{
			Behaviour: "Refused with 501, not ignored: Windows, the SKU Confidential, security contexts, Azure Files and secretReference volumes, extensions, customer keys, standby pools, registry credentials that name an identity.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "NotImplemented",
			Kind: Assumed, Source: "limits of the emulator",
		},
		{
			Behaviour: "Subnets, DNS settings, public addresses, availability zones and the priority Spot are kept and shown, and change nothing.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Assumed, Source: "limits of the emulator: there is no network and no capacity to take away; an eviction is a control event",
		},
	}
}

func containerChanges() []Entry {
	return []Entry{
		{
			Behaviour: "DELETE of a container group answers 200 with the whole group, 204 if it was not there.",
			Operation: "ContainerGroups_Delete",
			Kind:      Recorded, Source: aciRecordings + " (200 in 5 of 5); 204 is in " + specContainers,
		},
		{
			Behaviour: "With a latency.delete the DELETE answers 202 with Azure-AsyncOperation, and the group stays visible until the end; its containers get SIGTERM and that time, at most 30 seconds, for a clean end.",
			Operation: "ContainerGroups_Delete", Setting: "latency.delete",
			Kind: Documented, Source: specContainers + " (202); the rest is assumed",
		},
		{
			Behaviour: "PATCH replaces the tags and changes nothing else: it answers 200 at once, without an operation, running containers run on, and a stopped group stays stopped.",
			Operation: "ContainerGroups_Update",
			Kind:      Recorded, Source: "recordings of the .NET SDK (2021, ContainerGroupsUpdateTest: start time and events stay) and of Azure PowerShell (2023 and October 2024, Update-AzContainerGroup: a stopped group); that tags are replaced and not merged is assumed",
		},
		{
			Behaviour: "Stop, start and restart answer 204, start and restart with Azure-AsyncOperation. A stop answers when the group has stopped: the next read finds it so.",
			Operation: "ContainerGroups_Stop ContainerGroups_Start ContainerGroups_Restart",
			Kind:      Recorded, Source: "recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview); .NET SDK (2021) for start; that the stop waits for the containers, and does not merely say so, is assumed",
		},
		{
			Behaviour: "A stopped container is Terminated with the detailStatus Container stopped per client request, without exit code and start time; its previous state is Running. Group and containers change together.",
			Operation: "ContainerGroups_Get ContainerGroups_Stop",
			Kind:      Recorded, Source: "recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview); .NET SDK (2021) shows no instance view of the container at all",
		},
		{
			Behaviour: "A stop gives containers SIGTERM and 30 seconds, then SIGKILL; the group is Stopped when they have ended and latency.stop is over.",
			Operation: "ContainerGroups_Stop", Setting: "latency.stop",
			Kind: Assumed, Source: "Kubernetes' default grace; Container Instances documents none",
		},
		{
			Behaviour: "A restart ends the containers and starts them in place, pulling the images anew. The group and the operation are Updating meanwhile; restartCount stays 0, there is no previousState, startTime is new and the count of Started is 2.",
			Operation: "ContainerGroups_Restart ContainerGroups_Get",
			Kind:      Recorded, Source: "az's own tests (2018), .NET SDK (2021), recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview)",
		},
		{
			Behaviour: "A start after a stop is a new life: restartCount 0, no events and no log of the old one.",
			Operation: "ContainerGroups_Start",
			Kind:      Documented, Source: pageACIStopStart + " (stopped groups lose their state); the instance view is assumed",
		},
		{
			Behaviour: "A stop, a restart and a delete are accepted whatever the group is in the middle of; the last one decides.",
			Operation: "ContainerGroups_Stop ContainerGroups_Restart ContainerGroups_Delete",
			Kind:      Recorded, Source: "stop within a second of a restart, restart a second after a restart, stop of a stopped group, delete two seconds after a restart and a stop: recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview), az's own tests; a delete of a group being provisioned: jenkinsci/azure-container-agents-plugin#8",
		},
		{
			Behaviour: "A group on its way refuses an update and a start with 409.",
			Operation: "ContainerGroups_CreateOrUpdate ContainerGroups_Start", Code: "ContainerGroupTransitioning",
			Kind: Documented, Source: pageACIMoving,
		},
		{
			Behaviour: "A stopped or ended group refuses what needs it running: restart (stopped only) and attach.",
			Operation: "ContainerGroups_Restart Containers_Attach", Code: "ContainerGroupStopped",
			Kind: IssueThread, Source: "MicrosoftDocs/azure-docs#71458, Azure/azure-cli#8136; the status 409 is assumed",
		},
		{
			Behaviour: "An exec in a container that has ended is answered with 200; its websocket then closes.",
			Operation: "Containers_ExecuteCommand",
			Kind:      Recorded, Source: aciRecordings,
		},
	}
}

func containerUpdates() []Entry {
	return []Entry{
		{
			Behaviour: "A change of os type, restart policy, subnets, priority, containers' names or resources of a running group is refused; a group that has ended or is stopped is deployed as new.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "InvalidContainerGroupUpdate",
			Kind: IssueThread, Source: "MicrosoftDocs/azure-docs#38067 (the words); " + pageACIUpdate,
		},
		{
			Behaviour: "A PUT of a group that is there restarts all of its containers, also one that changes nothing.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Documented, Source: pageACIUpdate,
		},
		{
			Behaviour: "A reply shows no restartPolicy and no tags where none were sent, the location as it was sent, an empty list of ports, and the label's scope only with a label; a group that has ended for good under Never has no address.",
			Operation: "ContainerGroups_Get ContainerGroups_CreateOrUpdate",
			Kind:      Recorded, Source: aciRecordings + " (ports: 62 exchanges of all years); recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview)",
		},
		{
			Behaviour: "From api-version 2024-05-01-preview on a group shows its provisioning timeout of 1800 seconds, that it is no custom one, that it is not from a standby pool, and each container's config map, which nothing reads.",
			Operation: "ContainerGroups_Get",
			Kind:      Recorded, Source: "recordings of Azure PowerShell (October 2024, api-version 2024-05-01-preview)",
		},
		{
			Behaviour: "The document of a container group's operation has the group's id and no endTime.",
			Operation: "AsyncOperations_Get",
			Kind:      Recorded, Source: aciRecordings + " (88 and 52 exchanges)",
		},
		{
			Behaviour: "A group cannot move to another region.",
			Operation: "ContainerGroups_CreateOrUpdate", Code: "InvalidResourceLocation",
			Kind: Documented, Source: pageARMErrors,
		},
		{
			Behaviour: "A group or core too many is refused with 400 and the limit, usage and request.",
			Operation: "ContainerGroups_CreateOrUpdate ContainerGroups_Start", Code: "ContainerGroupQuotaReached",
			Kind: IssueThread, Source: "MicrosoftDocs/azure-docs#51738 (the words); the status is from users' reports of the GPU quota, and a start's check is assumed",
		},
		{
			Behaviour: "More creates or deletes than the quota allows are a 429 with Retry-After.",
			Operation: "ContainerGroups_CreateOrUpdate ContainerGroups_Delete", Code: "TooManyRequests",
			Kind: Documented, Source: pageQuotas + codeAssumed,
		},
	}
}
