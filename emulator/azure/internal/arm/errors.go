package arm

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error is ARM's error object: {"error":{"code","message","target","details","additionalInfo"}}.
// As an error it is its code and message.
type Error struct {
	// Status is the HTTP status; 0 is 500.
	Status int `json:"-"`
	// Header is merged into the answer's.
	Header  http.Header `json:"-"`
	Code    string      `json:"code"`
	Message string      `json:"message"`
	// Target names the field or resource at fault, if one does.
	Target  string   `json:"target,omitempty"`
	Details []*Error `json:"details,omitempty"`
	// AdditionalInfo is for programs, such as the place of an error in a template.
	AdditionalInfo []ErrorInfo `json:"additionalInfo,omitempty"`
}

// ErrorInfo is one fact about an error.
type ErrorInfo struct {
	Type string `json:"type"`
	Info any    `json:"info"`
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf returns an Error with a formatted message.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// BadRequest is a 400.
func BadRequest(code, format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, code, format, args...)
}

// NotFound is a 404.
func NotFound(code, format string, args ...any) *Error {
	return Errorf(http.StatusNotFound, code, format, args...)
}

// Conflict is a 409.
func Conflict(code, format string, args ...any) *Error {
	return Errorf(http.StatusConflict, code, format, args...)
}

// NotYet is the 501 for what the emulator will do and does not do yet: refused, so
// that nobody takes an ignored setting for a working one.
func NotYet(format string, args ...any) *Error {
	return Errorf(http.StatusNotImplemented, "NotImplemented", format, args...)
}

// ResourceNotFound is ARM's 404 for a resource that is not in its resource group, which it calls <null> where there is none.
func ResourceNotFound(id ResourceID) *Error {
	group := id.ResourceGroup
	if group == "" {
		group = "<null>"
	}
	return NotFound("ResourceNotFound",
		"The Resource '%s' under resource group '%s' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
		id.typedName(), group)
}

// ParentResourceNotFound is ARM's 404 for a child of a resource that is not there.
func ParentResourceNotFound(parent ResourceID) *Error {
	return NotFound("ParentResourceNotFound", "Can not perform requested operation on nested resource. Parent resource '%s' not found.", parent.Name())
}

// ResourceGroupNotFound is ARM's 404 for a resource group.
func ResourceGroupNotFound(name string) *Error {
	return NotFound("ResourceGroupNotFound", "Resource group '%s' could not be found.", name)
}

// ResourceGroupBeingDeleted is the 409 for a resource group that is on its way out.
func ResourceGroupBeingDeleted(name string) *Error {
	return Conflict("ResourceGroupBeingDeleted", "The resource group '%s' is in deprovisioning state and cannot perform this operation.", name)
}

// SubscriptionNotFound is ARM's 404 for a subscription.
func SubscriptionNotFound(id string) *Error {
	return NotFound("SubscriptionNotFound", "The subscription '%s' could not be found.", id)
}

// InvalidRequestContent is the 400 for a body that cannot be read as what the operation wants.
func InvalidRequestContent(format string, args ...any) *Error {
	return BadRequest("InvalidRequestContent", "The request content was invalid and could not be deserialized: '%s'.", fmt.Sprintf(format, args...))
}

// LocationNotAvailable is the 400 for a region in which a resource type cannot be created.
func LocationNotAvailable(location, resourceType string, regions []string) *Error {
	return BadRequest("LocationNotAvailableForResourceType",
		"The provided location '%s' is not available for resource type '%s'. List of available regions for the resource type is '%s'.",
		location, resourceType, strings.Join(regions, ","))
}

// InvalidResourceLocation is the 409 for a PUT of a resource that is in another region.
func InvalidResourceLocation(id ResourceID, location, wanted string) *Error {
	return Conflict("InvalidResourceLocation",
		"The resource '%s' already exists in location '%s' in resource group '%s'. A resource with the same name cannot be created in location '%s'. Please select a new resource name.",
		id.Name(), location, id.ResourceGroup, wanted)
}

// AuthenticationFailed is the 401 for a call without a bearer token.
func AuthenticationFailed() *Error {
	return Errorf(http.StatusUnauthorized, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
}

// InvalidToken is the 401 for a token that is not a good one; why must not hold the token.
func InvalidToken(why string) *Error {
	return Errorf(http.StatusUnauthorized, "InvalidAuthenticationToken", "The access token is invalid. %s", why)
}

// ExpiredToken is the 401 for a token whose time is over.
func ExpiredToken(expiry, now time.Time) *Error {
	const layout = "1/2/2006 3:04:05 PM"
	return Errorf(http.StatusUnauthorized, "ExpiredAuthenticationToken",
		"The access token expiry UTC time '%s' is earlier than current UTC time '%s'.", expiry.UTC().Format(layout), now.UTC().Format(layout))
}

// WrongAudience is the 401 for a token that was issued for something else.
func WrongAudience(got string, allowed []string) *Error {
	return Errorf(http.StatusUnauthorized, "InvalidAuthenticationTokenAudience",
		"The access token has been obtained for wrong audience or resource '%s'. It should exactly match with one of the allowed audiences '%s'.",
		got, strings.Join(allowed, "','"))
}

// WrongTenant is the 401 for a token of another tenant than the subscription's.
func WrongTenant(got, want string) *Error {
	return Errorf(http.StatusUnauthorized, "InvalidAuthenticationTokenTenant",
		"The access token is from the wrong issuer 'https://sts.windows.net/%s/'. It must match the tenant 'https://sts.windows.net/%s/' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/%s' to get the token.",
		got, want, want)
}

// AuthorizationFailed is the 403 for a caller without the right.
func AuthorizationFailed(p *Principal, action string, scope ResourceID) *Error {
	return Errorf(http.StatusForbidden, "AuthorizationFailed",
		"The client '%s' with object id '%s' does not have authorization to perform action '%s' over scope '%s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
		p.AppID, p.ObjectID, action, scope)
}
