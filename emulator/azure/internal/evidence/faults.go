package evidence

// Pages that several rows rest on.
const (
	pageQuotas     = "learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits"
	pageThrottling = "learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling"
	pageRestart    = "learn.microsoft.com/azure/container-instances/container-instances-restart-policy"
	pageStates     = "learn.microsoft.com/azure/container-instances/container-state"
)

// Faults is the evidence for everything that the control API can set or let happen.
func Faults() []Entry { return append(settings(), incidents()...) }

func settings() []Entry {
	return []Entry{
		{
			Behaviour: "Resource Manager counts calls in token buckets for each subscription, region, principal and kind: reads 250 refilled with 25 a second, writes and deletes 200 with 10.",
			Setting:   "throttle.enabled throttle.reads.bucket throttle.reads.perSecond throttle.writes.bucket throttle.writes.perSecond throttle.deletes.bucket throttle.deletes.perSecond",
			Kind:      Documented, Source: pageThrottling,
		},
		{
			Behaviour: "An empty bucket answers 429 with Retry-After; every answer says what is left in x-ms-ratelimit-remaining-subscription-reads, -writes or -deletes, and in -global-reads and so on for all principals together, who have fifteen times as much. Answers above subscriptions say tenant instead.",
			Code:      "SubscriptionRequestsThrottled",
			Kind:      Documented, Source: pageThrottling + "; the code is on Microsoft's page about SubscriptionRequestsThrottled in AKS",
		},
		{
			Behaviour: "A region takes 100 container groups and 100 standard cores of a subscription; the next create is refused.",
			Setting:   "quota.containerGroups quota.standardCores quota.enforced", Code: "ContainerGroupQuotaReached",
			Kind: Documented, Source: pageQuotas + "; the text is as in MicrosoftDocs/azure-docs#51738, where the limit was 10",
		},
		{
			Behaviour: "A region takes 300 creates and 300 deletes an hour, 100 of each in five minutes.",
			Setting:   "quota.createsPerHour quota.createsPer5Minutes quota.deletesPerHour quota.deletesPer5Minutes",
			Kind:      Documented, Source: pageQuotas,
		},
		{
			Behaviour: "The answer to the create of a container group says how many creates the limits leave, in x-ms-ratelimit-remaining-subscription-resource-requests-pt5m and -pt1h.",
			Operation: "ContainerGroups_CreateOrUpdate",
			Kind:      Recorded, Source: "recordings of the Azure CLI's own tests, Azure/azure-cli src/azure-cli/azure/cli/command_modules/container/tests",
		},
		{
			Behaviour: "Quotas are only enforced when asked for: tests of scale need more than a new subscription allows.",
			Setting:   "quota.enforced",
			Kind:      Assumed, Source: "a deliberate difference",
		},
		{
			Behaviour: "In-progress polls carry retry-after-ms and x-ms-retry-after-ms, from one second on Retry-After too; zero is never sent, because clients take it for none and wait 30 seconds. The default is a second where clients come over the wire, 100 ms in process. Real Azure sends whole seconds.",
			Setting:   "retryAfter",
			Kind:      Assumed, Source: "a deliberate difference, so that tests are fast; azure-core of Python and azcore of Go read both headers",
		},
		{
			Behaviour: "The log of a running container keeps its last 4 MB, that of a stopped one 16 KB or 1,000 lines.",
			Setting:   "logs.runningBytes logs.stoppedBytes logs.stoppedLines",
			Kind:      Documented, Source: pageQuotas,
		},
		{
			Behaviour: "A container that fails may be restarted although its group's policy is Never.",
			Setting:   "restartsOnFailureDespiteNever",
			Kind:      Documented, Source: pageRestart + "; how often it happens is not said, so the setting is a count",
		},
		{
			Behaviour: "The regions of the subscription; four of them by default.",
			Setting:   "regions",
			Kind:      Assumed, Source: "real subscriptions have some sixty; learn.microsoft.com/azure/container-instances/container-instances-region-availability lists those with Container Instances",
		},
		{
			Behaviour: "Phases take no time unless a setting says so. Real starts take 20 to 110 seconds.",
			Setting:   "latency.operation latency.place latency.pull latency.start latency.stop latency.delete latency.read",
			Kind:      IssueThread, Source: "virtual-kubelet/azure-aci#151, MicrosoftDocs/azure-docs#31689 (times of real starts)",
		},
		{
			Behaviour: "New principals and role assignments take a while to be seen everywhere; the settings for it are refused with 501 for now.",
			Setting:   "propagation.directory propagation.roleAssignment",
			Kind:      IssueThread, Source: "Azure/azure-powershell#2286 (principals), Azure/azure-dev#7529 (roles)",
		},
		{
			Behaviour: "In a container's first seconds its identities may give no token. Here the endpoint then answers 503, a word that is assumed: users report the failure, not its form.",
			Setting:   "propagation.managedIdentity",
			Kind:      IssueThread, Source: "MicrosoftDocs/azure-docs#61891, MicrosoftDocs/azure-docs#61447",
		},
	}
}

func incidents() []Entry {
	return []Entry{
		{
			Behaviour: "Maintenance restarts a container group's containers.",
			Setting:   "restart",
			Kind:      Documented, Source: pageRestart,
		},
		{
			Behaviour: "A container group on spot capacity is evicted without notice.",
			Setting:   "evict",
			Kind:      Documented, Source: "learn.microsoft.com/azure/container-instances/container-instances-spot-containers-overview",
		},
		{
			Behaviour: "A container group can become Unhealthy and go to Repairing by itself.",
			Setting:   "unhealthy",
			Kind:      Documented, Source: pageStates,
		},
		{
			Behaviour: "A container group can be gone without anyone's delete.",
			Setting:   "vanish",
			Kind:      Assumed, Source: "for tests of lost resources; virtual-kubelet's provider has code for it",
		},
		{
			Behaviour: "A fault without a code answers with the status's own words, and without those as InjectedFault.",
			Code:      "InjectedFault",
			Kind:      Assumed, Source: "a tool of the emulator",
		},
	}
}
