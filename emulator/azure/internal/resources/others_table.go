package resources

// otherProviders are Azure's resource providers of which no service of the emulator has a type; all their types are kept
// (learn.microsoft.com/azure/azure-resource-manager/management/azure-services-resource-providers).
var otherProviders = []string{
	"Microsoft.AAD", "Microsoft.Advisor", "Microsoft.AlertsManagement", "Microsoft.AnalysisServices", "Microsoft.ApiManagement", "Microsoft.App",
	"Microsoft.AppConfiguration", "Microsoft.AppPlatform", "Microsoft.Attestation", "Microsoft.Automation", "Microsoft.AVS", "Microsoft.AzureActiveDirectory",
	"Microsoft.AzureStackHCI", "Microsoft.Batch", "Microsoft.Blueprint", "Microsoft.BotService", "Microsoft.Cache", "Microsoft.Cdn", "Microsoft.Chaos",
	"Microsoft.CognitiveServices", "Microsoft.Communication", "Microsoft.Compute", "Microsoft.ConfidentialLedger", "Microsoft.Confluent", "Microsoft.Consumption",
	"Microsoft.ContainerService", "Microsoft.CostManagement", "Microsoft.CustomProviders", "Microsoft.Dashboard", "Microsoft.DataBox", "Microsoft.DataBoxEdge",
	"Microsoft.Databricks", "Microsoft.Datadog", "Microsoft.DataFactory", "Microsoft.DataLakeAnalytics", "Microsoft.DataLakeStore", "Microsoft.DataMigration",
	"Microsoft.DataProtection", "Microsoft.DataShare", "Microsoft.DBforMariaDB", "Microsoft.DBforMySQL", "Microsoft.DBforPostgreSQL", "Microsoft.DesktopVirtualization",
	"Microsoft.DevCenter", "Microsoft.DevHub", "Microsoft.Devices", "Microsoft.DeviceUpdate", "Microsoft.DevTestLab", "Microsoft.DigitalTwins", "Microsoft.DocumentDB",
	"Microsoft.DomainRegistration", "Microsoft.EdgeOrder", "Microsoft.Elastic", "Microsoft.ElasticSan", "Microsoft.EventGrid", "Microsoft.EventHub",
	"Microsoft.ExtendedLocation", "Microsoft.Fabric", "Microsoft.GuestConfiguration", "Microsoft.HDInsight", "Microsoft.HealthBot", "Microsoft.HealthcareApis",
	"Microsoft.HybridCompute", "Microsoft.HybridContainerService", "Microsoft.HybridNetwork", "Microsoft.ImportExport", "Microsoft.Insights", "Microsoft.IoTCentral",
	"Microsoft.IoTOperations", "Microsoft.Kubernetes", "Microsoft.KubernetesConfiguration", "Microsoft.Kusto", "Microsoft.LabServices", "Microsoft.LoadTestService",
	"Microsoft.Logic", "Microsoft.MachineLearningServices", "Microsoft.Maintenance", "Microsoft.ManagedNetworkFabric", "Microsoft.ManagedServices", "Microsoft.Maps",
	"Microsoft.Media", "Microsoft.Migrate", "Microsoft.MixedReality", "Microsoft.MobileNetwork", "Microsoft.Monitor", "Microsoft.NetApp", "Microsoft.NetworkCloud",
	"Microsoft.NetworkFunction", "Microsoft.NotificationHubs", "Microsoft.OffAzure", "Microsoft.OperationalInsights", "Microsoft.OperationsManagement", "Microsoft.Orbital",
	"Microsoft.Peering", "Microsoft.PolicyInsights", "Microsoft.Portal", "Microsoft.PowerBIDedicated", "Microsoft.Purview", "Microsoft.Quantum", "Microsoft.RecoveryServices",
	"Microsoft.RedHatOpenShift", "Microsoft.Relay", "Microsoft.ResourceConnector", "Microsoft.ResourceGraph", "Microsoft.SaaS", "Microsoft.Scheduler", "Microsoft.Search",
	"Microsoft.Security", "Microsoft.SecurityInsights", "Microsoft.ServiceBus", "Microsoft.ServiceFabric", "Microsoft.ServiceLinker", "Microsoft.ServiceNetworking",
	"Microsoft.SignalRService", "Microsoft.Solutions", "Microsoft.Sql", "Microsoft.SqlVirtualMachine", "Microsoft.StandbyPool", "Microsoft.StorageActions",
	"Microsoft.StorageCache", "Microsoft.StorageMover", "Microsoft.StorageSync", "Microsoft.StreamAnalytics", "Microsoft.Synapse", "Microsoft.TimeSeriesInsights",
	"Microsoft.VideoIndexer", "Microsoft.VirtualMachineImages", "Microsoft.VMwareCloudSimple", "Microsoft.VoiceServices", "Microsoft.Web", "Microsoft.Workloads",
}

// otherTypes are the kept types of providers of which services of the emulator have others.
var otherTypes = map[string][]string{
	"Microsoft.Authorization": {"locks", "policyAssignments", "policyDefinitions", "policyExemptions", "policySetDefinitions"},
	"Microsoft.ContainerRegistry": {
		"registries/agentPools", "registries/cacheRules", "registries/connectedRegistries", "registries/credentialSets", "registries/exportPipelines",
		"registries/importPipelines", "registries/privateEndpointConnections", "registries/replications", "registries/scopeMaps", "registries/taskRuns",
		"registries/tasks", "registries/tokens", "registries/webhooks",
	},
	"Microsoft.KeyVault": {"managedHSMs", "vaults/keys", "vaults/privateEndpointConnections"},
	"Microsoft.Network": {
		"applicationGateways", "applicationGatewayWebApplicationFirewallPolicies", "applicationSecurityGroups", "azureFirewalls", "bastionHosts", "connections",
		"customIpPrefixes", "ddosCustomPolicies", "ddosProtectionPlans", "dnsForwardingRulesets", "dnsResolvers", "dnsResolverPolicies", "dnsZones", "expressRouteCircuits",
		"expressRouteGateways", "expressRoutePorts", "firewallPolicies", "frontDoors", "frontdoorWebApplicationFirewallPolicies", "ipAllocations", "ipGroups",
		"loadBalancers", "localNetworkGateways", "networkInterfaces", "networkManagers", "networkProfiles", "networkSecurityPerimeters", "networkVirtualAppliances",
		"networkWatchers", "p2svpnGateways", "privateDnsZones", "privateEndpoints", "privateLinkServices", "publicIPPrefixes", "routeFilters", "routeTables",
		"securityPartnerProviders", "serviceEndpointPolicies", "trafficManagerProfiles", "virtualHubs", "virtualNetworkGateways", "virtualNetworks/virtualNetworkPeerings",
		"virtualNetworkTaps", "virtualRouters", "virtualWans", "vpnGateways", "vpnServerConfigurations", "vpnSites",
	},
	"Microsoft.Resources": {"templateSpecs"},
	"Microsoft.Storage": {
		"storageAccounts/blobServices", "storageAccounts/encryptionScopes", "storageAccounts/fileServices", "storageAccounts/inventoryPolicies",
		"storageAccounts/localUsers", "storageAccounts/managementPolicies", "storageAccounts/objectReplicationPolicies",
		"storageAccounts/privateEndpointConnections", "storageAccounts/queueServices", "storageAccounts/tableServices",
	},
}

// trackedTypes are kept types whose resources must have a location, of those that templates have most often: a type that is
// missing here is taken without one.
var trackedTypes = []string{
	"Microsoft.ApiManagement/service", "Microsoft.App/containerApps", "Microsoft.App/jobs", "Microsoft.App/managedEnvironments", "Microsoft.AppConfiguration/configurationStores",
	"Microsoft.Automation/automationAccounts", "Microsoft.Batch/batchAccounts", "Microsoft.Cache/Redis", "Microsoft.CognitiveServices/accounts",
	"Microsoft.Compute/availabilitySets", "Microsoft.Compute/disks", "Microsoft.Compute/images", "Microsoft.Compute/snapshots", "Microsoft.Compute/virtualMachines",
	"Microsoft.Compute/virtualMachineScaleSets", "Microsoft.ContainerService/managedClusters", "Microsoft.DataFactory/factories", "Microsoft.DBforMySQL/flexibleServers",
	"Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.Devices/IotHubs", "Microsoft.DocumentDB/databaseAccounts", "Microsoft.EventGrid/topics", "Microsoft.EventHub/namespaces",
	"Microsoft.Insights/components", "Microsoft.Insights/metricAlerts", "Microsoft.Logic/workflows", "Microsoft.MachineLearningServices/workspaces",
	"Microsoft.Network/applicationGateways", "Microsoft.Network/applicationSecurityGroups", "Microsoft.Network/azureFirewalls", "Microsoft.Network/bastionHosts",
	"Microsoft.Network/connections", "Microsoft.Network/loadBalancers", "Microsoft.Network/networkInterfaces", "Microsoft.Network/privateDnsZones",
	"Microsoft.Network/privateEndpoints", "Microsoft.Network/publicIPPrefixes", "Microsoft.Network/routeTables", "Microsoft.Network/virtualNetworkGateways",
	"Microsoft.OperationalInsights/workspaces", "Microsoft.RecoveryServices/vaults", "Microsoft.Search/searchServices", "Microsoft.ServiceBus/namespaces",
	"Microsoft.SignalRService/SignalR", "Microsoft.Sql/servers", "Microsoft.Synapse/workspaces", "Microsoft.Web/serverfarms", "Microsoft.Web/sites",
}
