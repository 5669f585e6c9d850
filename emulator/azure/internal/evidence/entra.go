package evidence

// Pages that several rows rest on.
const (
	pageClientCredentials = "learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow"
	pageEntraErrors       = "learn.microsoft.com/entra/identity-platform/reference-error-codes"
	pageTokenClaims       = "learn.microsoft.com/entra/identity-platform/access-token-claims-reference"
	pageAppService        = "learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference"
	pageIMDS              = "learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token"
	pageACIIdentity       = "learn.microsoft.com/azure/container-instances/container-instances-managed-identity"
)

// Entra is the evidence for sign-in and the managed identity endpoint.
func Entra() []Entry {
	var all []Entry
	all = append(all, signIn()...)
	all = append(all, signInRefusals()...)
	all = append(all, assertions()...)
	all = append(all, bearerTokens()...)
	return append(all, managedIdentity()...)
}

func signIn() []Entry {
	return []Entry{
		{
			Behaviour: "Answers carry x-ms-request-id and x-ms-ests-server, those of the token endpoint x-ms-clitelem with the number of the error.",
			Kind:      Recorded, Source: "recordings of Azure's SDK for JavaScript, Azure/azure-sdk-for-js sdk/*/recordings; the number in a refusal is assumed",
		},
		{
			Behaviour: "The OpenID configuration has the logout, user info and Kerberos endpoints, claims_supported, rbac_url, and WW as tenant_region_scope, null where no tenant is named.",
			Kind:      Recorded, Source: "recordings of Azure's SDK for JavaScript, Azure/azure-sdk-for-js sdk/*/recordings",
		},
		{
			Behaviour: "The OpenID configuration answers for version 1.0 and 2.0, for a tenant by id or domain, common and organizations, with a pattern as issuer where no tenant is named.",
			Operation: "Entra_Discover",
			Kind:      Documented, Source: "learn.microsoft.com/entra/identity-platform/v2-protocols-oidc; the fields are as logged in Azure/azure-workload-identity#682",
		},
		{
			Behaviour: "Instance discovery lists the clouds with their alias hosts and the tenant's discovery address; a host of no cloud is refused.",
			Operation: "Entra_Discover", Code: "AADSTS50049",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-js#2357; the list is the one that MSAL for Go and Python carry",
		},
		{
			Behaviour: "An unknown tenant is invalid_tenant at discovery and invalid_request at the token endpoint.",
			Operation: "Entra_Discover Entra_GetKeys Entra_GetToken", Code: "AADSTS90002",
			Kind: IssueThread, Source: "Azure/azure-cli#22145 (discovery), microsoftarchive/BatchAI#31 (token)",
		},
		{
			Behaviour: "A tenant name that is neither a GUID nor a domain has a refusal of its own.",
			Operation: "Entra_Discover Entra_GetToken", Code: "AADSTS900023",
			Kind: IssueThread, Source: "microsoft/Analysis-Services#194",
		},
		{
			Behaviour: "Tokens are signed with ES256 and a P-256 key that is made at each start. Real Entra signs with RS256: an RSA key takes a hundred times longer to make, and no client of Azure looks at the signature of its own token. The published key set verifies the tokens.",
			Operation: "Entra_GetKeys",
			Kind:      Assumed, Source: "a deliberate difference; learn.microsoft.com/entra/identity-platform/access-tokens says that clients must not look into tokens for other services",
		},
		{
			Behaviour: "Access tokens are version 1.0 with aud, iss https://sts.windows.net/TENANT/, iat, nbf, exp, appid, appidacr, idp, idtyp, oid, sub, tid, uti, ver.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: pageTokenClaims,
		},
		{
			Behaviour: "aud is the scope without its /.default, so that a doubled slash leaves one: https://management.core.windows.net//.default gives https://management.core.windows.net/.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: "learn.microsoft.com/entra/identity-platform/scopes-oidc#trailing-slash-and-default",
		},
		{
			Behaviour: "A token is valid for one hour exactly; real ones last a random time between 60 and 90 minutes.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: "learn.microsoft.com/entra/identity-platform/access-tokens#token-lifetime; the fixed hour is a deliberate difference",
		},
		{
			Behaviour: "A secret is taken from the form or from a Basic header, there with and without percent-encoding.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: pageClientCredentials + "; that both spellings of Basic pass is assumed",
		},
		{
			Behaviour: "The answer of version 2.0 has numbers, that of 1.0 has text, expires_on, not_before and resource.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: pageClientCredentials + " and learn.microsoft.com/entra/identity-platform/v1-protocols-oauth-code",
		},
		{
			Behaviour: "Flows that need a person (authorize, devicecode) are refused with 501 and a hint; a domain's user realm says Managed.",
			Operation: "Entra_SignIn Entra_GetUserRealm",
			Kind:      Assumed, Source: "the emulated tenant has no users; real Entra would show a page",
		},
	}
}

func signInRefusals() []Entry {
	return []Entry{
		{
			Behaviour: "A refusal is JSON with error, error_description (code, text, trace id, correlation id, time), error_codes, timestamp, trace_id, correlation_id and error_uri.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: pageEntraErrors,
		},
		{
			Behaviour: "A wrong client secret is a 401 invalid_client.",
			Operation: "Entra_GetToken", Code: "AADSTS7000215",
			Kind: IssueThread, Source: "Azure/sap-automation#418",
		},
		{
			Behaviour: "An expired client secret is a 401 invalid_client.",
			Operation: "Entra_GetToken", Code: "AADSTS7000222",
			Kind: Documented, Source: pageEntraErrors,
		},
		{
			Behaviour: "A client without any credential is a 401 invalid_client.",
			Operation: "Entra_GetToken", Code: "AADSTS7000218",
			Kind: IssueThread, Source: "Azure-Samples/active-directory-dotnet-native-aspnetcore#22 (status), secureworks/TokenMan#1 (body)",
		},
		{
			Behaviour: "An unknown application is a 400 unauthorized_client, before its secret is looked at.",
			Operation: "Entra_GetToken", Code: "AADSTS700016",
			Kind: Documented, Source: pageEntraErrors + "; the text as in MicrosoftDocs/azure-docs#21690",
		},
		{
			Behaviour: "A missing parameter is a 400 invalid_request that names it; parameters in the query or in a JSON body do not count.",
			Operation: "Entra_GetToken", Code: "AADSTS900144",
			Kind: IssueThread, Source: "MicrosoftDocs/azure-docs#43780, microsoftgraph/microsoft-graph-docs#9207 (query), microsoftgraph/microsoft-graph-docs-contrib#1369 (JSON)",
		},
		{
			Behaviour: "A grant type that is not served is a 400 unsupported_grant_type; the emulator serves client_credentials alone.",
			Operation: "Entra_GetToken", Code: "AADSTS70003",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-dotnet#3023; that other grants are refused is a limit of the emulator",
		},
		{
			Behaviour: "A scope without /.default is a 400 invalid_scope; scopes of OpenID beside it are passed over.",
			Operation: "Entra_GetToken", Code: "AADSTS1002012",
			Kind: IssueThread, Source: "MicrosoftDocs/azure-docs#99862",
		},
		{
			Behaviour: "Scopes of two services, or of none, are a 400 invalid_scope.",
			Operation: "Entra_GetToken", Code: "AADSTS70011",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-dotnet#516",
		},
		{
			Behaviour: "A service that the tenant does not know is a 400 invalid_resource. The emulator knows Resource Manager, Graph, Key Vault, Container Registry, Storage and its own applications.",
			Operation: "Entra_GetToken", Code: "AADSTS500011",
			Kind: IssueThread, Source: "rootinc/laravel-azure-middleware#51",
		},
		{
			Behaviour: "An application that signs in at common or organizations is refused: it has no tenant of its own to imply.",
			Operation: "Entra_GetToken", Code: "AADSTS50059",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-python#141, MicrosoftDocs/azure-docs#24064",
		},
		{
			Behaviour: "Another method than POST at the token endpoint is a 400.",
			Operation: "Entra_GetToken", Code: "AADSTS900561",
			Kind: Documented, Source: pageEntraErrors + "; the status as in NunoFilipeMota/PublicScripts#5",
		},
		{
			Behaviour: "A parameter given twice is a 400 invalid_request.",
			Operation: "Entra_GetToken", Code: "AADSTS9000411",
			Kind: Assumed, Source: "RFC 6749 section 3.2 forbids it; code and text are as remembered from sign-in pages",
		},
		{
			Behaviour: "A body that cannot be decoded is a 400, one over 256 KB a 413.",
			Operation: "Entra_GetToken", Code: "AADSTS90013",
			Kind: Assumed, Source: "the code is listed at " + pageEntraErrors + "; the limit is ours",
		},
		{
			Behaviour: "A failure of the emulator itself is temporarily_unavailable.",
			Operation: "Entra_GetToken", Code: "AADSTS90033",
			Kind: Documented, Source: pageEntraErrors,
		},
	}
}

func assertions() []Entry {
	return []Entry{
		{
			Behaviour: "A client assertion signed with a registered certificate (PS256, RS256 or ES256, named by x5t#S256, x5t or kid) stands for a secret; its audience is the token endpoint.",
			Operation: "Entra_GetToken",
			Kind:      Documented, Source: "learn.microsoft.com/entra/identity-platform/certificate-credentials; ES256 and the other spellings of the thumbprint are assumed",
		},
		{
			Behaviour: "An assertion that is no JWT is a 401 invalid_client.",
			Operation: "Entra_GetToken", Code: "AADSTS50027",
			Kind: Documented, Source: pageEntraErrors + "; real Entra may answer invalid_request",
		},
		{
			Behaviour: "An assertion whose subject is not its issuer is refused.",
			Operation: "Entra_GetToken", Code: "AADSTS50048",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-java#430",
		},
		{
			Behaviour: "An assertion whose signature does not verify or whose certificate is not registered is refused.",
			Operation: "Entra_GetToken", Code: "AADSTS700027",
			Kind: IssueThread, Source: "AzureAD/passport-azure-ad#453; the text is shortened",
		},
		{
			Behaviour: "An assertion outside its time is refused, with five minutes for clocks that differ.",
			Operation: "Entra_GetToken", Code: "AADSTS700024",
			Kind: IssueThread, Source: "AzureAD/microsoft-authentication-library-for-java#984; the five minutes are assumed",
		},
		{
			Behaviour: "A federated token needs a credential with its issuer, subject (case counts) and audience. Its issuer's keys are given to the emulator, which fetches none.",
			Operation: "Entra_GetToken", Code: "AADSTS700211 AADSTS700213",
			Kind: IssueThread, Source: "Azure/azure-workload-identity#1200 (issuer), Azure/login#482 (subject), Azure/login#517 (case)",
		},
		{
			Behaviour: "An assertion for another audience is refused.",
			Operation: "Entra_GetToken", Code: "AADSTS700212",
			Kind: Assumed, Source: "the code follows those for issuer and subject; the audience that Entra asks for is at learn.microsoft.com/entra/identity-platform/certificate-credentials",
		},
	}
}

func bearerTokens() []Entry {
	return []Entry{
		{
			Behaviour: "Resource Manager answers 401 to a call without a token, with a challenge that names the tenant.",
			Code:      "AuthenticationFailed",
			Kind:      IssueThread, Source: "hashicorp/terraform-provider-azurerm#3612",
		},
		{
			Behaviour: "Resource Manager answers 401 to a token that is malformed, not yet valid or not signed by the tenant's key.",
			Code:      "InvalidAuthenticationToken",
			Kind:      IssueThread, Source: "Azure/azure-powershell#27882; what follows in the text is ours and says what to do",
		},
		{
			Behaviour: "Resource Manager answers 401 to an expired token and names both times.",
			Code:      "ExpiredAuthenticationToken",
			Kind:      IssueThread, Source: "microsoft/vscode-azureappservice#2483 (code), Azure/azure-cli#4722 (text)",
		},
		{
			Behaviour: "Resource Manager takes tokens for management.azure.com and management.core.windows.net, with and without a slash, and answers 401 to those for another service.",
			Code:      "InvalidAuthenticationTokenAudience",
			Kind:      IssueThread, Source: "Azure-Samples/active-directory-dotnetcore-daemon-v2#145",
		},
		{
			Behaviour: "Resource Manager answers 401 to a token from another tenant and names both.",
			Code:      "InvalidAuthenticationTokenTenant",
			Kind:      IssueThread, Source: "bradygaster-zz/azure-tools-vscode#44",
		},
	}
}

func managedIdentity() []Entry {
	return []Entry{
		{
			Behaviour: "Containers get IDENTITY_ENDPOINT and IDENTITY_HEADER and speak App Service's protocol 2019-08-01. Real Container Instances serve Linux containers at 169.254.169.254 alone, and give Windows containers the two variables with an older protocol.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      Documented, Source: pageAppService + ", " + pageACIIdentity + "; the choice is a deliberate difference, because an emulator cannot own a link-local address",
		},
		{
			Behaviour: "The App Service answer has access_token, expires_on (epoch seconds as text), resource, token_type, client_id; expires_in, ext_expires_in and not_before are there besides.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      Documented, Source: pageAppService,
		},
		{
			Behaviour: "An identity is named by at most one of client_id, mi_res_id, principal_id and object_id; one that the container group does not have is a 400.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      IssueThread, Source: "Azure-Samples/azure-search-openai-demo#2148, Azure/azure-sdk-for-net#37278 (metadata service)",
		},
		{
			Behaviour: "Without a name the system-assigned identity answers, else the only user-assigned one; several are a 400.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      IssueThread, Source: "Azure/azure-sdk-for-rust#748; for the App Service protocol assumed, because Container Instances answer so at their metadata service",
		},
		{
			Behaviour: "A request without, or with a wrong, X-IDENTITY-HEADER is a 401 or 403, another api-version a 400.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      IssueThread, Source: "Azure/azure-powershell#7876 (api-version); the statuses for the header are assumed",
		},
		{
			Behaviour: "The metadata service's protocol wants Metadata: true and refuses X-Forwarded-For.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      Documented, Source: "learn.microsoft.com/azure/virtual-machines/instance-metadata-service#security-and-authentication",
		},
		{
			Behaviour: "The metadata service's refusals are error and error_description, 400 for a missing resource or api-version.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      Documented, Source: pageIMDS + "#error-handling",
		},
		{
			Behaviour: "An unknown resource is a 400 with Entra's code in its text.",
			Operation: "ManagedIdentity_GetToken", Code: "AADSTS500011",
			Kind: Documented, Source: pageIMDS + "#error-handling; real App Service answers 500 there, as MSAL for Python notes in its source",
		},
		{
			Behaviour: "A managed identity's principal and client id follow from its resource id and are the same at every start.",
			Operation: "ManagedIdentity_GetToken",
			Kind:      Assumed, Source: "real ones are random; until the emulator has a service of identities of its own, repeatable ids are of more use",
		},
	}
}
