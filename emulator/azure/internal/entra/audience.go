package entra

import (
	"slices"
	"strings"
)

// The audiences of Azure's services, for [Service.Verify] and [Service.Issue]. Each
// stands for all spellings of its service: with and without trailing slashes, its
// other host names, and the service's application id.
const (
	// AudienceManagement is Azure Resource Manager, also management.core.windows.net.
	AudienceManagement = "https://management.azure.com"
	// AudienceGraph is Microsoft Graph.
	AudienceGraph = "https://graph.microsoft.com"
	// AudienceVault is Key Vault's data plane.
	AudienceVault = "https://vault.azure.net"
	// AudienceRegistry is Container Registry's data plane; az asks for it from 2.91 on.
	AudienceRegistry = "https://containerregistry.azure.net"
	// AudienceStorage is Storage's data plane.
	AudienceStorage = "https://storage.azure.com"
)

// resource is a service that tokens are given out for.
type resource struct {
	// appID is the service's application id, the same in every tenant.
	appID string
	// uris are its identifier URIs, lower case without trailing slashes.
	uris []string
}

func knownResources(extra []string) []resource {
	all := []resource{
		{appID: "797f4846-ba00-4fd7-ba43-dac1f8f63013", uris: []string{AudienceManagement, "https://management.core.windows.net"}},
		{appID: "00000003-0000-0000-c000-000000000000", uris: []string{AudienceGraph}},
		{appID: "cfa8b339-82a2-471a-a3c9-0fc0be7a4093", uris: []string{AudienceVault}},
		{appID: "6a0ec4d3-30cb-4a83-91c0-ae56bc0e3d26", uris: []string{AudienceRegistry}},
		{appID: "e406a681-f3d4-42a8-90b6-c2b029497af1", uris: []string{AudienceStorage}},
	}
	for _, uri := range extra {
		all = append(all, resource{uris: []string{normalAudience(uri)}})
	}
	return all
}

// normalAudience brings an audience into the form in which two are compared: case
// and trailing slashes do not count.
func normalAudience(audience string) string {
	return strings.ToLower(strings.TrimRight(audience, "/"))
}

func (r resource) answers(audience string) bool {
	n := normalAudience(audience)
	return n != "" && (n == r.appID || slices.Contains(r.uris, n))
}

// knownAudience reports whether the tenant has a service principal for the audience:
// one of Azure's services or a registered application.
func (s *Service) knownAudience(audience string) bool {
	for _, r := range s.resources {
		if r.answers(audience) {
			return true
		}
	}
	_, ok := s.application(strings.TrimPrefix(normalAudience(audience), "api://"))
	return ok
}

// sameAudience reports whether a token for one audience is good for the other.
func (s *Service) sameAudience(token, service string) bool {
	if n := normalAudience(token); n != "" && n == normalAudience(service) {
		return true
	}
	for _, r := range s.resources {
		if r.answers(token) && r.answers(service) {
			return true
		}
	}
	return false
}

// spellings lists what a service takes as audience, for messages.
func (s *Service) spellings(service string) []string {
	for _, r := range s.resources {
		if !r.answers(service) {
			continue
		}
		var all []string
		for _, uri := range slices.Backward(r.uris) {
			all = append(all, uri+"/", uri)
		}
		return all
	}
	return []string{service}
}

// trimDefault takes one "/.default" off, and reports whether it was there. What is
// left is the audience to the letter: "https://management.core.windows.net//.default"
// asks for "https://management.core.windows.net/".
func trimDefault(scope string) (audience string, ok bool) {
	const suffix = "/.default"
	if len(scope) < len(suffix) || !strings.EqualFold(scope[len(scope)-len(suffix):], suffix) {
		return scope, false
	}
	return scope[:len(scope)-len(suffix)], true
}
