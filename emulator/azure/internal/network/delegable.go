package network

// delegable are the services that a subnet can be delegated to: those that Azure has named in its refusals, and those that
// were added since (hashicorp/terraform-provider-azurerm#21779 and its documentation of azurerm_subnet).
var delegable = []string{
	"GitHub.Network/networkSettings", "Informatica.DataManagement/organizations", "Microsoft.ApiManagement/service", "Microsoft.Apollo/npu",
	"Microsoft.App/environments", "Microsoft.App/testClients", "Microsoft.AVS/PrivateClouds", "Microsoft.AzureCosmosDB/clusters",
	"Microsoft.BareMetal/AzureHPC", "Microsoft.BareMetal/AzureHostedService", "Microsoft.BareMetal/AzurePaymentHSM", "Microsoft.BareMetal/AzureVMware",
	"Microsoft.BareMetal/CrayServers", "Microsoft.BareMetal/MonitoringServers", "Microsoft.Batch/batchAccounts", "Microsoft.CloudTest/hostedpools",
	"Microsoft.CloudTest/images", "Microsoft.CloudTest/pools", "Microsoft.Codespaces/plans", groupType, "Microsoft.ContainerService/managedClusters",
	"Microsoft.ContainerService/TestClients", "Microsoft.DBforMySQL/flexibleServers", "Microsoft.DBforMySQL/servers", "Microsoft.DBforMySQL/serversv2",
	"Microsoft.DBforPostgreSQL/flexibleServers", "Microsoft.DBforPostgreSQL/serversv2", "Microsoft.DBforPostgreSQL/singleServers",
	"Microsoft.Databricks/workspaces", "Microsoft.DelegatedNetwork/controller", "Microsoft.DevCenter/networkConnection", "Microsoft.DevOpsInfrastructure/pools",
	"Microsoft.DocumentDB/cassandraClusters", "Microsoft.Fidalgo/networkSettings", "Microsoft.HardwareSecurityModules/dedicatedHSMs",
	"Microsoft.Kusto/clusters", "Microsoft.LabServices/labplans", "Microsoft.Logic/integrationServiceEnvironments",
	"Microsoft.MachineLearningServices/workspaces", "Microsoft.Netapp/volumes", "Microsoft.Network/applicationGateways", "Microsoft.Network/dnsResolvers",
	"Microsoft.Network/fpgaNetworkInterfaces", "Microsoft.Network/networkWatchers", "Microsoft.Network/virtualNetworkGateways",
	"Microsoft.Orbital/orbitalGateways", "Microsoft.PowerAutomate/hostedRpa", "Microsoft.PowerPlatform/enterprisePolicies",
	"Microsoft.PowerPlatform/vnetaccesslinks", "Microsoft.ServiceFabricMesh/networks", "Microsoft.ServiceNetworking/trafficControllers",
	"Microsoft.Singularity/accounts/networks", "Microsoft.Singularity/accounts/npu", "Microsoft.Sql/managedInstances", "Microsoft.Sql/managedInstancesOnebox",
	"Microsoft.Sql/managedInstancesStage", "Microsoft.Sql/managedInstancesTest", "Microsoft.StoragePool/diskPools", "Microsoft.StreamAnalytics/streamingJobs",
	"Microsoft.Synapse/workspaces", "Microsoft.Web/hostingEnvironments", "Microsoft.Web/serverFarms", "NGINX.NGINXPLUS/nginxDeployments",
	"Oracle.Database/networkAttachments", "PaloAltoNetworks.Cloudngfw/firewalls", "Qumulo.Storage/fileSystems",
}
