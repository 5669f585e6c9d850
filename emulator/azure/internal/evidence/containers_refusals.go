package evidence

func containerGroupRefusals() []Entry {
	return []Entry{
		{
			Behaviour: "Names follow the rules of the service: groups, containers and volumes 1 to 63, DNS labels 5 to 63.",
			Code:      "InvalidContainerGroupName InvalidContainerName InvalidVolumeName InvalidDnsNameLabel",
			Kind:      Documented, Source: pageACITroubleshooting + "#naming-conventions; the codes are assumed, and volumes of fewer than the documented 5 characters were recorded",
		},
		{
			Behaviour: "A definition without what is required is a 400 that names it.",
			Code:      "InvalidContainerGroupProperties InvalidContainerProperties ContainersNotSpecified ContainerImageNotSpecified InvalidImageName",
			Kind:      Documented, Source: specContainers + "; the codes are assumed",
		},
		{
			Behaviour: "A container without cpu and memory requests is refused, one with only one of the two by a code of its own.",
			Code:      "ResourceRequestsNotSpecified ResourceSomeRequestsNotSpecified",
			Kind:      IssueThread, Source: "MicrosoftLearning/mslearn-azure-developer#67 (both missing), virtual-kubelet/virtual-kubelet#50 (one missing)",
		},
		{
			Behaviour: "An osType outside of its list is a 400 that names the list.",
			Code:      "InvalidOsType",
			Kind:      IssueThread, Source: "Azure/azure-cli#30439 (code and words, the group named <null> as here)",
		},
		{
			Behaviour: "Any other value outside of its list is a 400 that names the list.",
			Code:      "InvalidRestartPolicy InvalidContainerGroupSku InvalidContainerGroupPriority InvalidIpAddressType InvalidPortProtocol InvalidIdentityType InvalidLogType InvalidDomainNameLabelScope",
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
			Code:      "InvalidResourceRequests ResourceLimitsLessThanRequests ContainerLimitGreaterThanContainerGroupTotalRequest",
			Kind:      Documented, Source: pageQuotas + ", " + pageACIGroups + "; the codes for limits are from virtual-kubelet/virtual-kubelet#143 and MicrosoftDocs/azure-docs#29780, the first is assumed",
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
			Kind:      Documented, Source: pageACIFAQ + ", " + pageACITroubleshooting + "; the codes are assumed",
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
			Kind:      Documented, Source: pageACITroubleshooting + "#naming-conventions (length); code and words as users' logs hold them",
		},
		{
			Behaviour: "Init containers have no ports and no resources of their own.",
			Code:      "InvalidInitContainer",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-init-container" + codeAssumed,
		},
		{
			Behaviour: "A group has no more registry credentials than containers.",
			Code:      "MoreImageRegistryCredentialsThanContainers",
			Kind:      IssueThread, Source: "docker-archive/compose-cli#2150",
		},
		{
			Behaviour: "A registry's server is a host name without protocol, its credential has user name and password, its identity is one of the group's.",
			Code:      "InvalidImageRegistryServer InvalidImageRegistryCredential InvalidImageRegistryIdentity",
			Kind:      IssueThread, Source: "virtual-kubelet/azure-aci#573 (server, code and words), MicrosoftDocs/azure-docs#117644 (identity, code and words); the second code is assumed",
		},
		{
			Behaviour: "A registry's server may have a port. Real Azure refuses one, as it would a protocol.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Assumed, Source: "a deliberate difference, for registries on this machine; virtual-kubelet/azure-aci#573 and Azure/azure-cli#11469 have the refusal",
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
