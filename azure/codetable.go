package azure

import (
	"net/http"
	"slices"
)

const (
	hintCapacity = "try another region, a smaller size (over 4 CPU or 16 GB is scarce), or later"
	hintQuota    = "delete container groups that are done, use another region, or ask Azure to raise the quota"
	hintThrottle = "wait and ask less often; ARM counts for each subscription, region and principal"
	hintRegistry = "wait, or give the registry's credentials; Docker Hub limits anonymous pulls, so copy the image to an Azure registry"
	hintImage    = "check the image's name and tag, that it is built for linux/amd64, and the registry's credentials or the identity's AcrPull role"
	hintNetwork  = "check that the subnet is delegated to Microsoft.ContainerInstance/containerGroups, in the same region, and has free addresses; then try again"
	hintRights   = "give this principal a role with that action on that scope; a new assignment can take some minutes to take effect, and one with a condition may not allow this"
	hintRefused  = "ask who manages the subscription what forbids it; if it is a missing right, give this principal a role that has it"
	hintDenied   = "a deny assignment forbids it whatever roles there are: ask who manages the resource group, or use another"
	hintSignIn   = "check tenant, client and secret, or sign in again"
	hintPolicy   = "ask who set the policy, or change what it objects to"
	hintBusy     = "wait until the operation that runs on it is done"
	hintRegister = "register the provider once for the subscription: az provider register --namespace Microsoft.ContainerInstance"
	hintGroup    = "check the subscription and the name of the resource group"
	hintTenant   = "sign in to the tenant that the subscription belongs to"
	hintLater    = "try again later; if it stays, give Azure's support the request id"
)

// codeRules is the table of codes, in the order in which they are asked. Sources:
//
//	[ARM]   "Troubleshoot common Azure deployment errors" (azure-resource-manager/troubleshooting)
//	[LIMIT] "Request limits and throttling" (azure-resource-manager/management)
//	[ACI]   "Troubleshoot common issues in Azure Container Instances" and its quota page
//	[SUP]   support articles under troubleshoot/azure/azure-container-instances
//	[SPEC]  the published API files: their examples and descriptions
//	#N      GitHub threads, named at the line
var codeRules = slices.Concat(limitCodes, containerCodes, accessCodes, requestCodes, stateCodes, entraCodes)

// limitCodes: limits: no room, no quota, too many requests.
var limitCodes = []codeRule{
	// ServiceUnavailable is Container Instances' word for a full region, with status 409
	// [SUP, virtual-kubelet/virtual-kubelet#592], and once for a quota [SUP]; with 503 it is the
	// plain meaning.
	{code: "ServiceUnavailable", says: "quota", class: ClassQuota, hint: hintQuota},
	{code: "ServiceUnavailable", says: "not available in the location", class: ClassCapacity, hint: hintCapacity},
	{code: "ServiceUnavailable", status: http.StatusServiceUnavailable, class: ClassUnavailable, hint: hintLater},
	{code: "ServiceUnavailable", class: ClassCapacity, hint: hintCapacity},
	{code: "InsufficientCapacity", class: ClassCapacity, hint: hintCapacity},                                                           // event of a failed create: Azure/Azure-Landing-Zones#2404
	{code: "AllocationFailed", class: ClassCapacity, hint: hintCapacity},                                                               // [ARM]
	{code: "SkuNotAvailable", class: ClassCapacity, hint: hintCapacity},                                                                // [ARM]
	{code: "RegionDoesNotAllowProvisioning", class: ClassCapacity, hint: "choose another region, or ask Azure for access to this one"}, // [ARM]

	{code: "ContainerGroupQuotaReached", class: ClassQuota, hint: hintQuota},                                                    // [SUP], MicrosoftDocs/azure-docs#51738
	{code: "ResourceQuotaExceeded", class: ClassQuota, hint: hintQuota},                                                         // [ARM]
	{code: "QuotaExceeded", class: ClassQuota, hint: hintQuota},                                                                 // cilium/cilium#31859
	{code: "OperationNotAllowed", says: "quota", class: ClassQuota, hint: hintQuota},                                            // [ARM]
	{code: "PublicIPCountLimitReached", class: ClassQuota, hint: hintQuota},                                                     // [ARM]
	{code: "DeploymentQuotaExceeded", class: ClassQuota, hint: "delete old deployments of the resource group; Azure keeps 800"}, // [ARM]

	{code: "TooManyRequests", class: ClassThrottled, hint: hintThrottle},                     // [LIMIT]
	{code: "SubscriptionRequestsThrottled", class: ClassThrottled, hint: hintThrottle},       // MicrosoftDocs/azure-docs#105248
	{code: "TenantRequestsThrottled", class: ClassThrottled, hint: hintThrottle},             // the same, for requests without subscription
	{code: "ResourceRequestsThrottled", class: ClassThrottled, hint: hintThrottle},           // Azure/azqr#34
	{code: "ResourceCollectionRequestsThrottled", class: ClassThrottled, hint: hintThrottle}, // [LIMIT], entities-read
}

// containerCodes: what keeps a container from starting: registry, image, subnet.
var containerCodes = []codeRule{
	{code: "RegistryErrorResponse", class: ClassRegistry, hint: hintRegistry}, // [SUP], Azure/azure-cli#30915

	{code: "InaccessibleImage", class: ClassImage, hint: hintImage},                                              // [ARM, SUP]
	{code: "OsVersionNotSupported", class: ClassImage, hint: "use an image for a supported system, linux/amd64"}, // [ACI]

	{code: "ErrorJoinVirtualNetwork", class: ClassNetworkJoin, hint: hintNetwork},         // event: MicrosoftDocs/azure-docs#85471
	{code: "SubnetMissingRequiredDelegation", class: ClassNetworkJoin, hint: hintNetwork}, // Azure/dev-box-images#8
	{code: "SubnetIsFull", class: ClassNetworkJoin, hint: hintNetwork},                    // [ARM]
	{code: "VirtualNetworkNotFound", class: ClassNetworkJoin, hint: hintNetwork},          // reported for standby pools of container groups
}

// accessCodes: what keeps us out: rights, tokens, policies, locks.
var accessCodes = []codeRule{
	{code: "AuthorizationFailed", class: ClassAuthorisation, hint: hintRights}, // [ARM]
	// What a deployment stack or a managed application denies (learn.microsoft.com/azure/role-based-access-control/deny-assignments).
	{code: "DenyAssignmentAuthorizationFailed", class: ClassAuthorisation, hint: hintDenied},
	{code: "LinkedAuthorizationFailed", class: ClassAuthorisation, hint: hintRights}, // [ARM]: a right on the subnet or identity is missing

	{code: "InvalidAuthenticationToken", class: ClassAuthentication, hint: hintSignIn},
	{code: "ExpiredAuthenticationToken", class: ClassAuthentication, hint: hintSignIn},
	{code: "AuthenticationFailed", class: ClassAuthentication, hint: hintSignIn},
	{code: "InvalidAuthenticationTokenTenant", class: ClassAuthentication, hint: hintTenant}, // [ARM]

	{code: "RequestDisallowedByPolicy", class: ClassPolicy, hint: hintPolicy}, // [ARM]
	{code: "RequestDisallowedByAzure", class: ClassPolicy, hint: "choose another region; Azure does not offer this one to the subscription"},
	{code: "ScopeLocked", class: ClassPolicy, hint: "remove the lock on the resource or its group, if it may be removed"},
	{code: "DisallowedOperation", class: ClassPolicy, hint: "use another subscription; Azure does not allow this to one of its kind"}, // [ARM]
	{code: "ReadOnlyDisabledSubscription", class: ClassPolicy, hint: "the subscription is disabled; use another, or settle why"},      // microsoft/Modernize-your-code-solution-accelerator
}

// requestCodes: requests that stay wrong until they are changed.
var requestCodes = []codeRule{
	{code: "MissingSubscriptionRegistration", class: ClassInvalid, hint: hintRegister},      // [ARM]
	{code: "InvalidSubscriptionRegistrationState", class: ClassInvalid, hint: hintRegister}, // [ARM]
	{code: "MissingRegistrationForLocation", class: ClassInvalid, hint: hintRegister},       // [ARM]
	{code: "NoRegisteredProviderFound", class: ClassInvalid, hint: "check the region and that the provider is registered in it"},
	{code: "InvalidImageRegistryCredentialType", class: ClassInvalid},                                                                                // [SUP]
	{code: "AmbiguousImageResitryCredentialType", class: ClassInvalid, hint: "give a user and password or an identity, not both"},                    // [SUP]; Azure's spelling
	{code: "InvalidImageRegistryIdentity", class: ClassInvalid, hint: "attach the same user-assigned identity to the group"},                         // [SUP]
	{code: "SpotPriorityContainerGroupNotSupportedForInboundConnectivity", class: ClassInvalid, hint: "leave out ports and the IP address for spot"}, // [SUP]
	{code: "SpotPriorityContainerGroupNotSupportedInSku", class: ClassInvalid, hint: "use the Standard SKU for spot"},                                // [SUP]
	{code: "SpotPriorityContainerGroupWithGPUResourcesNotSupported", class: ClassInvalid, hint: "ask for no GPU with spot"},                          // [SUP]
	{code: "PriorityNotSpecified", class: ClassInvalid, hint: "use Regular or Spot"},                                                                 // [SUP]
	{code: "ConfidentialContainerGroupSkuIsNotSupported", class: ClassInvalid, hint: "choose a region that has confidential containers"},
	{code: "InvalidParameter", class: ClassInvalid},         // [ARM]
	{code: "InvalidRequestContent", class: ClassInvalid},    // [ARM]
	{code: "InvalidRequestFormat", class: ClassInvalid},     // [ARM]
	{code: "InvalidResourceNamespace", class: ClassInvalid}, // [ARM]
	{code: "InvalidResourceType", class: ClassInvalid},      // [ARM]
	{code: "InvalidApiVersionParameter", class: ClassInvalid},
	{code: "MissingApiVersionParameter", class: ClassInvalid},
	{code: "LinkedInvalidPropertyId", class: ClassInvalid, hint: "give the whole resource id, from /subscriptions/ on"}, // [ARM]
	{code: "LocationRequired", class: ClassInvalid, hint: "give a region"},                                              // [ARM]
	{code: "LocationNotAvailableForResourceType", class: ClassInvalid, hint: "choose a region that has the service"},
	{code: "PropertyChangeNotAllowed", class: ClassInvalid}, // [ARM]
	{code: "ReservedResourceName", class: ClassInvalid},     // [ARM]
	{code: "InvalidTemplate", class: ClassInvalid},          // [ARM]
}

// stateCodes: what is not there, is busy, or fails inside Azure.
var stateCodes = []codeRule{
	{code: "ResourceNotFound", class: ClassNotFound},                                                                             // [ARM]
	{code: "ResourceGroupNotFound", class: ClassNotFound, hint: hintGroup},                                                       // [ARM]
	{code: "SubscriptionNotFound", class: ClassNotFound, hint: "check the subscription's id and that this principal may see it"}, // [ARM]
	{code: "ParentResourceNotFound", class: ClassNotFound},                                                                       // [ARM]
	{code: "ContainerLogNotAvailable", class: ClassNotFound, hint: "ask again when the container has started"},                   // virtual-kubelet/virtual-kubelet#237
	{code: "PrincipalNotFound", class: ClassNotFound, hint: "a new principal takes up to ten minutes to be known everywhere"},

	{code: "ContainerGroupTransitioning", class: ClassConflict, hint: hintBusy},                                             // [SUP]
	{code: "ContainerGroupDeploymentNotReady", class: ClassConflict, hint: hintBusy},                                        // reported for logs of a starting group
	{code: "AnotherOperationInProgress", class: ClassConflict, hint: hintBusy},                                              // [ARM]
	{code: "RetryableErrorDueToAnotherOperation", class: ClassConflict, hint: hintBusy},                                     // [LIMIT]: sent as 429
	{code: "ResourceGroupBeingDeleted", class: ClassConflict, hint: "wait until it is gone, or use another resource group"}, // [ARM]
	{code: "DeploymentActive", class: ClassConflict, hint: hintBusy},
	{code: "InvalidResourceLocation", class: ClassConflict, hint: "the name exists in another region; use another name"}, // ARM's sentence says so
	{code: "InvalidResourceGroupLocation", class: ClassConflict, hint: "the group exists in another region; use that or another name"},
	{code: "RoleAssignmentExists", class: ClassConflict},
	{code: "OperationNotAllowed", class: ClassConflict}, // [ARM]

	{code: "InternalServerError", class: ClassUnavailable, hint: hintLater}, // [ARM]
	{code: "GatewayTimeout", class: ClassUnavailable, hint: hintLater},
	{code: "ServerTimeout", class: ClassUnavailable, hint: hintLater},
	{code: "ServerBusy", class: ClassUnavailable, hint: hintLater},
}

// entraCodes: sign-in.
var entraCodes = []codeRule{
	// Entra's numbers: "Microsoft Entra authentication and authorization error codes".
	{code: "AADSTS7000215", class: ClassAuthentication, hint: "the secret is wrong; give its value, not its id"},
	{code: "AADSTS7000222", class: ClassAuthentication, hint: "the secret has expired; make a new one for the application"},
	{code: "AADSTS7000112", class: ClassAuthentication, hint: "the application or its service principal is disabled; an administrator of the tenant can enable it"},
	{code: "AADSTS7000229", class: ClassAuthentication, hint: "the application has no service principal in this tenant; make one there, or check the tenant; a new one takes some minutes to count"},
	{code: "AADSTS700016", class: ClassAuthentication, hint: "the client id is not known in this tenant; check both"},
	{code: "AADSTS90002", class: ClassAuthentication, hint: "there is no such tenant; check its id and the cloud"},
	{code: "AADSTS900023", class: ClassAuthentication, hint: "the tenant id has the wrong form; give an id or a domain"},
	{code: "AADSTS700024", class: ClassAuthentication, hint: "the token in the file has expired; is whatever renews it still running?"},
	{code: "AADSTS70021", class: ClassAuthentication, hint: "add a federated credential for this issuer and subject to the application"},
	{code: "AADSTS700213", class: ClassAuthentication, hint: "add a federated credential for this issuer and subject to the application"},
	{code: "AADSTS500011", class: ClassAuthentication, hint: "the service is not known in this tenant; is it the right cloud?"},
	{code: "AADSTS53003", class: ClassAuthentication, hint: "conditional access forbids it; ask the tenant's administrator"},
}
