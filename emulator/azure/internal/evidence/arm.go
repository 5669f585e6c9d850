package evidence

// Pages and files that several rows rest on.
const (
	pageARMErrors     = "learn.microsoft.com/azure/azure-resource-manager/troubleshooting/common-deployment-errors"
	pageARMAsync      = "learn.microsoft.com/azure/azure-resource-manager/management/async-operations"
	pageARMTags       = "learn.microsoft.com/azure/azure-resource-manager/management/tag-resources"
	pageARMNames      = "learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules"
	pageARMProviders  = "learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-register-resource-provider"
	specResources     = "Azure/azure-rest-api-specs resources.json 2021-04-01"
	specSubscriptions = "Azure/azure-rest-api-specs subscriptions.json 2022-12-01"
	pageARMExtensions = "learn.microsoft.com/azure/azure-resource-manager/templates/scope-extension-resources"
	armRecordings     = "recordings of the Azure CLI's own tests, Azure/azure-cli src/azure-cli/azure/cli/command_modules/*/tests"
)

// Arm is the evidence for what Azure Resource Manager does for every service.
func Arm() []Entry {
	var all []Entry
	all = append(all, requests()...)
	all = append(all, answers()...)
	all = append(all, longRunning()...)
	all = append(all, subscriptions()...)
	all = append(all, resourceGroups()...)
	return append(all, tags()...)
}

func requests() []Entry {
	return []Entry{
		{
			Behaviour: "Fixed parts of a path are matched in any case, empty parts are collapsed, and nothing is redirected; ids in answers keep the creator's spelling.",
			Kind:      IssueThread, Source: "Azure/azure-cli#30915 (a doubled slash in a true request of az)",
		},
		{
			Behaviour: "Every call but the metadata needs an api-version, a date with an optional suffix; versions newer than the emulator are taken.",
			Code:      "MissingApiVersionParameter InvalidApiVersionParameter",
			Kind:      IssueThread, Source: "cloudquery/cloudquery#6626 (missing); the code for a malformed one is assumed",
		},
		{
			Behaviour: "A missing api-version is complained of before a missing token.",
			Code:      "MissingApiVersionParameter",
			Kind:      IssueThread, Source: "MicrosoftDocs/feedback#2279",
		},
		{
			Behaviour: "An api-version older than the type's first is refused and the known ones are listed.",
			Code:      "NoRegisteredProviderFound",
			Kind:      Documented, Source: pageARMProviders,
		},
		{
			Behaviour: "An unknown provider, resource type or path is a 404.",
			Code:      "InvalidResourceNamespace InvalidResourceType NotFound",
			Kind:      Documented, Source: pageARMErrors,
		},
		{
			Behaviour: "A method that the path does not have is a 405 with Allow.",
			Code:      "MethodNotAllowed",
			Kind:      IssueThread, Source: "Azure/azure-powershell#9709 (status and code; texts differ between services); the header is RFC 9110 section 15.5.6",
		},
		{
			Behaviour: "An Authorization header that is no bearer token is a 401.",
			Code:      "AuthenticationFailedInvalidHeader",
			Kind:      IssueThread, Source: "Azure/azure-sdk-for-python#4124",
		},
		{
			Behaviour: "A caller without the right is a 403 that names action and scope. Until the emulator has roles, every caller that signed in is Owner.",
			Code:      "AuthorizationFailed",
			Kind:      Documented, Source: pageARMErrors,
		},
		{
			Behaviour: "The scope in a 403 is the resource itself, an extension resource with what it is on; for a list it is the provider in the group or subscription.",
			Code:      "AuthorizationFailed",
			Kind:      IssueThread, Source: "Azure/terraform-azurerm-avm-res-keyvault-vault#110 (a role assignment on a vault), Azure/CloudShell#561 (a list in a group)",
		},
		{
			Behaviour: "An extension resource is at any scope: the tenant, a subscription, a resource group or a resource; a path before it that is no scope is a 404.",
			Code:      "MissingSubscription",
			Kind:      Documented, Source: pageARMExtensions + "; cloudquery/cloudquery#6635 (code and text)",
		},
		{
			Behaviour: "What is put on a resource that is not there, or below one, is a 404; it is gone when that resource is deleted.",
			Code:      "ResourceNotFound ParentResourceNotFound",
			Kind:      IssueThread, Source: "Azure/azure-powershell#19200 (text for a child); the code for a child, and what becomes of extension resources, are assumed",
		},
		{
			Behaviour: "A name in a path that holds an encoded slash is a 400.",
			Code:      "InvalidResourceName",
			Kind:      Assumed, Source: "such a name could pass for two parts of an id",
		},
		{
			Behaviour: "Bodies are read as Json.NET reads them: numbers and booleans as text and the reverse, member names in any case, unknown members passed over.",
			Kind:      Documented, Source: "Azure/azure-quickstart-templates (templates with cpuCores \"1.0\" that deploy), learn.microsoft.com/dotnet/standard/serialization/system-text-json/migrate-from-newtonsoft (what Json.NET converts)",
		},
		{
			Behaviour: "A body that is not JSON, or holds a value that cannot be converted, is a 400 that names the path; another content type or none is a 415, more than 4 MB a 413.",
			Code:      "InvalidRequestContent UnsupportedMediaType RequestEntityTooLarge",
			Kind:      Documented, Source: pageARMErrors + ", Azure/azure-cli#10143 (415); the status 413 is assumed",
		},
		{
			Behaviour: "A failure of the emulator itself is a 500 without its cause.",
			Code:      "InternalServerError",
			Kind:      Documented, Source: pageARMErrors,
		},
	}
}

func answers() []Entry {
	return []Entry{
		{
			Behaviour: "Every answer has an x-ms-request-id; those of Container Instances are REGION:GUID, and the first one of a long-running operation names the operation.",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "A provider that real Azure has and the emulator will have is a 501 that says so, a mistyped one a 404.",
			Code:      "NotImplemented",
			Kind:      Assumed, Source: "a rule of the emulator: az asks for networks, roles and registries in the middle of other commands",
		},
		{
			Behaviour: "What the emulator will do and does not do yet is a 501, so that nobody takes an ignored setting for a working one.",
			Code:      "NotImplemented",
			Kind:      Assumed, Source: "a rule of the emulator",
		},
		{
			Behaviour: "A resource that is not there is a 404 that names its group.",
			Code:      "ResourceNotFound",
			Kind:      Documented, Source: pageARMErrors,
		},
		{
			Behaviour: "Lists are cut into pages by $top and go on at nextLink; a $top or skip token that is no good is a 400.",
			Code:      "InvalidTopParameter InvalidSkipToken",
			Kind:      Documented, Source: "learn.microsoft.com/rest/api/azure/#async-operations-throttling-and-paging; the codes are assumed",
		},
		{
			Behaviour: "Resources that have a location are listed over all types, with a $filter on resourceType, name, location, resourceGroup and tags.",
			Operation: "Resources_List Resources_ListByResourceGroup Resources_CheckExistenceById", Code: "InvalidFilterInQueryString",
			Kind: Documented, Source: specResources,
		},
		{
			Behaviour: "A resource in a region that the type is not offered in is refused, one without a region too.",
			Code:      "LocationNotAvailableForResourceType LocationRequired",
			Kind:      Documented, Source: pageARMErrors + " (LocationRequired); the code for a region without the type is assumed",
		},
		{
			Behaviour: "A resource id that is none is a 400 of the control API.",
			Code:      "InvalidResourceId",
			Kind:      Assumed, Source: "the emulator's own API",
		},
		{
			Behaviour: "The metadata of the cloud has one short object before 2019-05-01, a list of clouds until 2022-09-01 and one cloud from then on.",
			Operation: "Metadata_Endpoints",
			Kind:      IssueThread, Source: "Azure/azure-cli#3391 (first shape), Azure/msrestazure-for-python#165 (list), Azure/azure-cli#29283 (2022-09-01)",
		},
	}
}

func longRunning() []Entry {
	return []Entry{
		{
			Behaviour: "A long-running PUT answers 201 with the resource and Azure-AsyncOperation; the poll answers id, status, startTime and properties.events, and status Succeeded, Failed or Canceled at the end.",
			Operation: "AsyncOperations_Get",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "The delete of a resource group answers 202 with Location, which answers 202 until it is done.",
			Operation: "SubscriptionOperationResults_Get OperationResults_Get",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "Every answer that is not final carries the time to wait.",
			Operation: "SubscriptionOperations_Get",
			Kind:      Documented, Source: pageARMAsync,
		},
		{
			Behaviour: "A poll address of an operation that never was is a 404.",
			Code:      "OperationNotFound",
			Kind:      Assumed, Source: "the text of real Azure differs from service to service",
		},
		{
			Behaviour: "An operation that a fault ended fails with the fault's code.",
			Code:      "ProvisioningFailed",
			Kind:      Assumed, Source: "a tool of the emulator",
		},
	}
}

func subscriptions() []Entry {
	return []Entry{
		{
			Behaviour: "The one tenant and the one subscription are listed and shown; locations are those of the setting regions.",
			Operation: "Tenants_List Subscriptions_List Subscriptions_Get Subscriptions_ListLocations",
			Kind:      Documented, Source: specSubscriptions,
		},
		{
			Behaviour: "A subscription id that is no GUID is a 400, another one a 404.",
			Code:      "InvalidSubscriptionId SubscriptionNotFound",
			Kind:      Documented, Source: pageARMErrors + "; the code for a malformed id is assumed",
		},
		{
			Behaviour: "Providers and their types are listed and shown; all that the emulator plays are registered from the start.",
			Operation: "Providers_List Providers_ListAtTenantScope Providers_Get Providers_GetAtTenantScope ProviderResourceTypes_List",
			Kind:      Documented, Source: specResources + "; real subscriptions have few providers registered at first",
		},
		{
			Behaviour: "A provider is registered and unregistered; creating with an unregistered one is a 409.",
			Operation: "Providers_Register Providers_Unregister", Code: "MissingSubscriptionRegistration",
			Kind: Documented, Source: pageARMProviders,
		},
		{
			Behaviour: "A provider that has resources, or that every subscription needs, cannot be unregistered.",
			Operation: "Providers_Unregister", Code: "CannotUnregisterProvider CannotUnregisterRegistrationAlreadyInUse",
			Kind: Documented, Source: "learn.microsoft.com/azure/azure-resource-manager/management/resource-providers-and-types; the codes are assumed",
		},
		{
			Behaviour: "The operations of a provider are listed for role definitions.",
			Operation: "Operations_List",
			Kind:      Documented, Source: specResources,
		},
	}
}

func resourceGroups() []Entry {
	return []Entry{
		{
			Behaviour: "PUT of a resource group answers 201 when it is new and 200 when it was there, HEAD 204 or 404.",
			Operation: "ResourceGroups_CreateOrUpdate ResourceGroups_CheckExistence",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "A resource group keeps tags as they were given: an empty object stays, none stays away.",
			Operation: "ResourceGroups_Get",
			Kind:      Recorded, Source: armRecordings,
		},
		{
			Behaviour: "Resource groups are shown, listed with $filter on tags, and changed.",
			Operation: "ResourceGroups_Get ResourceGroups_List ResourceGroups_Update",
			Kind:      Documented, Source: specResources,
		},
		{
			Behaviour: "A resource group is deleted in the background with all that is in it; until then it is Deleting and takes nothing new.",
			Operation: "ResourceGroups_Delete", Code: "ResourceGroupBeingDeleted",
			Kind: IssueThread, Source: "Azure/azure-cli#21121 (code and text), Azure/azure-sdk-tools#5515 (tags too); learn.microsoft.com/azure/azure-resource-manager/management/delete-resource-group",
		},
		{
			Behaviour: "A resource group whose resource will not go stays.",
			Operation: "ResourceGroups_Delete", Code: "ResourceGroupDeletionBlocked",
			Kind: IssueThread, Source: "Azure/bicep-registry-modules#1607 (code and text)",
		},
		{
			Behaviour: "A resource group that is not there is a 404.",
			Code:      "ResourceGroupNotFound",
			Kind:      Documented, Source: pageARMErrors,
		},
		{
			Behaviour: "A resource group stays in its region: a PUT with another one is a 409, a region that is none a 400.",
			Operation: "ResourceGroups_CreateOrUpdate", Code: "InvalidResourceGroupLocation LocationNotAvailableForResourceGroup",
			Kind: IssueThread, Source: "Azure/azure-cli#22242 (text), trailofbits/algo#1814 (status), microsoft/vscode-azureresourcegroups#33 (a region without groups)",
		},
		{
			Behaviour: "A resource group's name has at most 90 letters, digits, dots, underscores, hyphens and parentheses, and does not end in a dot.",
			Operation: "ResourceGroups_CreateOrUpdate", Code: "InvalidParameter InvalidResourceGroup",
			Kind: Documented, Source: pageARMNames + "; the codes are assumed",
		},
	}
}

func tags() []Entry {
	return []Entry{
		{
			Behaviour: "Tags of a resource group or resource are read, replaced, merged and deleted; another operation is a 400. Those of a subscription are refused with 501 for now.",
			Operation: "Tags_GetAtScope Tags_CreateOrUpdateAtScope Tags_UpdateAtScope Tags_DeleteAtScope", Code: "InvalidTagsPatchOperation",
			Kind: Documented, Source: specResources + "; the code is assumed",
		},
		{
			Behaviour: "A resource has at most 50 tags, a name 512 characters without <>%&\\?/, a value 256; names differ by more than case and do not start with azure, microsoft or windows.",
			Code:      "TooManyTags InvalidTagName InvalidTagNameLength InvalidTagNameCharacters InvalidTagValueLength DuplicateTagName ReservedTagNamePrefix",
			Kind:      Documented, Source: pageARMTags + "; the codes are assumed",
		},
	}
}
