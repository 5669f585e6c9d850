package azure

import "strings"

// codeRule says what a code of Azure means.
type codeRule struct {
	code  string
	class Class
	hint  string
	// says, if set, must be in the message (lower case): some codes are used for two things.
	says string
	// status, if set, must be the HTTP status.
	status int
}

// sentenceRules are for errors without a code that says anything, and for container events.
var sentenceRules = []codeRule{
	{says: "not available in the location", class: ClassCapacity, hint: hintCapacity},             // [SUP], Azure/Azure-Landing-Zones#2489
	{says: "is not available in the region", class: ClassCapacity, hint: hintCapacity},            // [ACI], older form
	{says: "container group quota", class: ClassQuota, hint: hintQuota},                           // MicrosoftDocs/azure-docs#51738
	{says: "pull rate limit", class: ClassRegistry, hint: hintRegistry},                           // [SUP]
	{says: "toomanyrequests", class: ClassRegistry, hint: hintRegistry},                           // [SUP]
	{says: "docker registry", class: ClassRegistry, hint: hintRegistry},                           // [SUP]
	{says: "errorjoinvirtualnetwork", class: ClassNetworkJoin, hint: hintNetwork},                 // MicrosoftDocs/azure-docs#85471
	{says: "failed to pull image", class: ClassImage, hint: hintImage},                            // [ACI]
	{says: "back-off pulling image", class: ClassImage, hint: hintImage},                          // [ACI]
	{says: "does not have authorization to perform", class: ClassAuthorisation, hint: hintRights}, // [ARM]
}

// classify finds the class: by the innermost code that says something, then by Azure's sentences,
// then by the status.
func classify(leaves []leaf, codes []string, status int) (Class, string, string) {
	rules := codeRules
	all := strings.ToLower(sayAll(leaves))
	for i := len(codes) - 1; i >= 0; i-- {
		if wrapper(codes[i]) {
			continue
		}
		for _, r := range rules {
			if strings.EqualFold(r.code, codes[i]) && strings.Contains(all, r.says) && (r.status == 0 || r.status == status) {
				return r.class, codes[i], r.hint
			}
		}
	}
	code := mostTelling(codes)
	for _, r := range sentenceRules {
		if strings.Contains(all, r.says) {
			return r.class, code, r.hint
		}
	}
	return classOfStatus(status), code, statusHint(status)
}

// mostTelling is the innermost code that is no wrapper, else the innermost.
func mostTelling(codes []string) string {
	for i := len(codes) - 1; i >= 0; i-- {
		if !wrapper(codes[i]) {
			return codes[i]
		}
	}
	if len(codes) > 0 {
		return codes[len(codes)-1]
	}
	return ""
}

func statusHint(status int) string {
	switch classOfStatus(status) {
	case ClassThrottled:
		return hintThrottle
	case ClassUnavailable:
		return hintLater
	case ClassAuthentication:
		return hintSignIn
	case ClassAuthorisation:
		return hintRefused
	}
	return ""
}
