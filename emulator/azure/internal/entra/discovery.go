package entra

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// routes are the paths of the sign-in host. {tenant} is an id, a domain, or one of
// the words for any tenant.
func (s *Service) routes() *http.ServeMux {
	mux := http.NewServeMux()
	for path, version := range map[string]string{"": "", "v2.0/": "/v2.0"} {
		mux.HandleFunc("GET /{tenant}/"+path+".well-known/openid-configuration", s.discovery(version))
		mux.HandleFunc("GET /{tenant}/discovery/"+path+"keys", s.keys)
		mux.HandleFunc("GET /discovery/"+path+"keys", s.keys)
		mux.HandleFunc("/{tenant}/oauth2/"+path+"token", s.token(version))
		mux.HandleFunc("/{tenant}/oauth2/"+path+"authorize", interactive)
		mux.HandleFunc("/{tenant}/oauth2/"+path+"devicecode", interactive)
	}
	mux.HandleFunc("GET /{tenant}/discovery/instance", s.instance)
	mux.HandleFunc("GET /{tenant}/userrealm/{user}", s.userRealm)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) })
	return mux
}

// ServeHTTP answers as the sign-in hosts. Paths are taken in any case and with
// doubled slashes, without a redirect: a client that repeats a POST after one
// would send its secret twice.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Ms-Request-Id", uuid.NewString())
	w.Header().Set("X-Ms-Ests-Server", "2.1.1.1 - EMULATOR ProdSlices")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if id := r.Header.Get("client-request-id"); uuid.Validate(id) == nil && r.Header.Get("return-client-request-id") == "true" {
		w.Header().Set("Client-Request-Id", id)
	}
	segments := slices.DeleteFunc(strings.Split(strings.ToLower(r.URL.Path), "/"), func(part string) bool {
		return part == "" || part == "." || part == ".."
	})
	r2 := new(*r)
	r2.URL = new(*r.URL)
	r2.URL.Path = "/" + strings.Join(segments, "/")
	r2.URL.RawPath = ""
	s.mux.ServeHTTP(w, r2)
}

// anyTenant are the words that stand for no certain tenant.
var anyTenant = [...]string{"common", "organizations", "consumers"}

// checkTenant finds the tenant that a path names; common says that it names none
// in particular.
func (s *Service) checkTenant(name, oauth string) (common bool, p *problem) {
	if slices.Contains(anyTenant[:], name) {
		return true, nil
	}
	if id, err := uuid.Parse(name); err == nil && id.String() == s.tenant || slices.Contains(s.domains, name) {
		return false, nil
	} else if err != nil && !strings.Contains(name, ".") {
		return false, aadsts(http.StatusBadRequest, "AADSTS900023", "invalid_request",
			"Specified tenant identifier '%s' is neither a valid DNS name, nor a valid external domain.", quote(name))
	}
	return false, aadsts(http.StatusBadRequest, "AADSTS90002", oauth,
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud. Check with your subscription administrator, this may happen if there are no active subscriptions for the tenant.", quote(name))
}

// openIDConfiguration is the document by which clients find everything else.
type openIDConfiguration struct {
	TokenEndpoint         string   `json:"token_endpoint"`
	TokenAuthMethods      []string `json:"token_endpoint_auth_methods_supported"`
	JWKSURI               string   `json:"jwks_uri"`
	ResponseModes         []string `json:"response_modes_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	Scopes                []string `json:"scopes_supported"`
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	DeviceEndpoint        string   `json:"device_authorization_endpoint"`
	RequestURIParameter   bool     `json:"request_uri_parameter_supported"`
	UserInfoEndpoint      string   `json:"userinfo_endpoint"`
	HTTPLogout            bool     `json:"http_logout_supported"`
	FrontChannelLogout    bool     `json:"frontchannel_logout_supported"`
	EndSessionEndpoint    string   `json:"end_session_endpoint"`
	Claims                []string `json:"claims_supported"`
	KerberosEndpoint      string   `json:"kerberos_endpoint"`
	// RegionScope is null for the words that stand for any tenant.
	RegionScope    *string `json:"tenant_region_scope"`
	CloudInstance  string  `json:"cloud_instance_name"`
	CloudGraphHost string  `json:"cloud_graph_host_name"`
	GraphHost      string  `json:"msgraph_host"`
	RBACURL        string  `json:"rbac_url"`
}

// supportedClaims are those of ID tokens, which this emulator never issues: it has no users.
var supportedClaims = []string{
	"sub", "iss", "cloud_instance_name", "cloud_instance_host_name", "cloud_graph_host_name", "msgraph_host", "aud", "exp", "iat",
	"auth_time", "acr", "nonce", "preferred_username", "name", "tid", "ver", "at_hash", "c_hash", "email",
}

// discovery answers the OpenID configuration of version "" (1.0) or "/v2.0".
func (s *Service) discovery(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("tenant")
		common, p := s.checkTenant(name, "invalid_tenant")
		if p != nil {
			p.write(w, r)
			return
		}
		// For common the issuer is a pattern that the client fills in from the token.
		tenant, issued, scope := s.tenant, s.tenant, new("WW")
		if common {
			tenant, issued, scope = name, "{tenantid}", nil
		}
		issuer := "https://sts.windows.net/" + issued + "/"
		if version != "" {
			issuer = "https://login.microsoftonline.com/" + issued + version
		}
		base := "https://" + r.Host + "/" + tenant
		writeJSON(w, http.StatusOK, openIDConfiguration{
			TokenEndpoint:         base + "/oauth2" + version + "/token",
			TokenAuthMethods:      []string{"client_secret_post", "private_key_jwt", "client_secret_basic"},
			JWKSURI:               base + "/discovery" + version + "/keys",
			ResponseModes:         []string{"query", "fragment", "form_post"},
			SubjectTypes:          []string{"pairwise"},
			SigningAlgorithms:     []string{"ES256"},
			ResponseTypes:         []string{"code", "id_token", "code id_token", "id_token token"},
			Scopes:                []string{"openid", "profile", "email", "offline_access"},
			Issuer:                issuer,
			AuthorizationEndpoint: base + "/oauth2" + version + "/authorize",
			DeviceEndpoint:        base + "/oauth2" + version + "/devicecode",
			UserInfoEndpoint:      "https://graph.microsoft.com/oidc/userinfo",
			HTTPLogout:            true,
			FrontChannelLogout:    true,
			EndSessionEndpoint:    base + "/oauth2" + version + "/logout",
			Claims:                supportedClaims,
			KerberosEndpoint:      base + "/kerberos",
			RegionScope:           scope,
			CloudInstance:         "microsoftonline.com",
			CloudGraphHost:        "graph.windows.net",
			GraphHost:             "graph.microsoft.com",
			RBACURL:               "https://pas.windows.net",
		})
	}
}

// webKey is a public P-256 key as RFC 7517 writes it.
type webKey struct {
	Type   string `json:"kty"`
	Use    string `json:"use"`
	Alg    string `json:"alg"`
	KeyID  string `json:"kid"`
	Curve  string `json:"crv"`
	X      string `json:"x"`
	Y      string `json:"y"`
	Issuer string `json:"issuer"`
}

func (s *Service) keys(w http.ResponseWriter, r *http.Request) {
	if name := r.PathValue("tenant"); name != "" {
		if _, p := s.checkTenant(name, "invalid_tenant"); p != nil {
			p.write(w, r)
			return
		}
	}
	raw, err := s.key.PublicKey.Bytes()
	if err != nil {
		http.Error(w, "the signing key cannot be written", http.StatusInternalServerError)
		return
	}
	// The uncompressed point: 4, then 32 bytes for each coordinate.
	x, y := raw[1:33], raw[33:65]
	writeJSON(w, http.StatusOK, map[string][]webKey{"keys": {{
		Type: "EC", Use: "sig", Alg: "ES256", KeyID: s.keyID, Curve: "P-256",
		X: base64.RawURLEncoding.EncodeToString(x), Y: base64.RawURLEncoding.EncodeToString(y),
		Issuer: "https://login.microsoftonline.com/" + s.tenant + "/v2.0",
	}}})
}

// cloudInstance is a set of host names of one cloud, which clients' token caches
// treat as one.
type cloudInstance struct {
	PreferredNetwork string   `json:"preferred_network"`
	PreferredCache   string   `json:"preferred_cache"`
	Aliases          []string `json:"aliases"`
}

var cloudInstances = []cloudInstance{
	{PreferredNetwork: "login.microsoftonline.com", PreferredCache: "login.windows.net", Aliases: Hosts()},
	{PreferredNetwork: "login.partner.microsoftonline.cn", PreferredCache: "login.partner.microsoftonline.cn",
		Aliases: []string{"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"}},
	{PreferredNetwork: "login.microsoftonline.us", PreferredCache: "login.microsoftonline.us",
		Aliases: []string{"login.microsoftonline.us", "login.usgovcloudapi.net"}},
}

// instance says which clouds there are and whether the host that the client means
// to use belongs to one.
func (s *Service) instance(w http.ResponseWriter, r *http.Request) {
	unknown := aadsts(http.StatusBadRequest, "AADSTS50049", "invalid_instance", "Unknown or invalid instance.")
	authorize, err := url.Parse(r.URL.Query().Get("authorization_endpoint"))
	if err != nil || authorize.Scheme != "https" {
		unknown.write(w, r)
		return
	}
	host := strings.ToLower(authorize.Hostname())
	if !slices.ContainsFunc(cloudInstances, func(c cloudInstance) bool { return slices.Contains(c.Aliases, host) }) {
		unknown.write(w, r)
		return
	}
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(authorize.Path, "/"), "/")
	if tenant == "" {
		tenant = "common"
	}
	version := ""
	if strings.Contains(rest, "v2.0") {
		version = "v2.0/"
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"tenant_discovery_endpoint": fmt.Sprintf("https://%s/%s/%s.well-known/openid-configuration", r.Host, url.PathEscape(tenant), version),
		"api-version":               "1.1",
		"metadata":                  cloudInstances,
	})
}

// userRealm tells a client how users of a domain sign in. There are no users, but
// clients ask before they find that out.
func (s *Service) userRealm(w http.ResponseWriter, r *http.Request) {
	user := r.PathValue("user")
	_, domain, ok := strings.Cut(user, "@")
	if !ok || !slices.Contains(s.domains, domain) {
		writeJSON(w, http.StatusOK, map[string]string{"ver": "1.0", "account_type": "Unknown"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{
		"ver": "1.0", "account_type": "Managed", "domain_name": domain,
		"cloud_instance_name": "microsoftonline.com", "cloud_audience_urn": "urn:federation:MicrosoftOnline",
	})
}

// interactive refuses what needs a person. az and the SDKs print the description.
func interactive(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusNotImplemented, map[string]string{
		"error":             "unsupported_response_type",
		"error_description": "The emulated Entra ID has no users: sign in as an application, with az login --service-principal or AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.",
	})
}
