package azure

import (
	"regexp"
	"slices"
	"strings"
)

// Detail is Azure's error object as it appears in replies, in failed operations and in the
// events of a container group.
type Detail struct {
	// Code is Azure's code, or an event's name.
	Code string
	// Message is Azure's sentence. It may itself be an error in JSON; that is unfolded.
	Message string
	// Target is the field or resource that is meant. May be empty.
	Target string
	// Details are the errors behind it.
	Details []Detail

	foreign bool // the words are ours, about an answer that is not Azure's
}

// wrappers are codes that only say that something inside failed, or repeat the HTTP status. Their
// message is left out when there is something inside, and they decide the class only when nothing
// else does.
func wrapper(code string) bool {
	switch strings.ToLower(code) {
	case "", "failed", "error", "badrequest", "conflict", "notfound", "forbidden", "unauthorized",
		"deploymentfailed", "resourcedeploymentfailure", "resourceoperationfailure", "invalidtemplatedeployment",
		"multipleerrorsoccurred", "nonsuccessstatuscode", "operationfailed":
		return true
	}
	return false
}

// leaf is one thing that Azure said, in reading order.
type leaf struct{ code, message, target string }

// flatten lists what is said in the tree, inner things only if outer ones are empty wrappers, each
// sentence once, and every code outermost first.
func flatten(details []Detail) (leaves []leaf, codes []string) {
	var walk func(d Detail, depth int)
	walk = func(d Detail, depth int) {
		if depth > maxDepth || len(leaves) >= maxLeaves {
			return
		}
		d = unfold(d)
		code, message := cleanCode(d.Code), sentence(oneLine(d.Message))
		if code != "" && !slices.Contains(codes, code) && len(codes) < maxLeaves {
			codes = append(codes, code)
		}
		if !wrapper(code) || !anySaid(d.Details, depth+1) {
			known := slices.ContainsFunc(leaves, func(l leaf) bool { return l.message == message && (l.code == code || message != "") })
			if !known && (message != "" || code != "") {
				leaves = append(leaves, leaf{code, message, oneLine(d.Target)})
			}
		}
		for _, inner := range d.Details {
			walk(inner, depth+1)
		}
	}
	for _, d := range details {
		walk(d, 0)
	}
	return leaves, codes
}

// Bounds of what is read of one error: no real one comes near them.
const (
	maxDepth  = 16
	maxLeaves = 64
)

// anySaid reports whether something inside has words.
func anySaid(details []Detail, depth int) bool {
	if depth > maxDepth {
		return false
	}
	return slices.ContainsFunc(details, func(d Detail) bool {
		return strings.TrimSpace(d.Message) != "" || anySaid(d.Details, depth+1)
	})
}

// cleanCode drops what codes should not have: events are named "InsufficientCapacity." at times.
func cleanCode(code string) string {
	return clip(strings.Trim(oneLine(code), ". "), 128)
}

// unfold reads a message that is itself JSON, as deployments have it, into details.
func unfold(d Detail) Detail {
	text := strings.TrimSpace(d.Message)
	if !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
		return d
	}
	inner := parseJSON([]byte(text))
	if len(inner) == 0 {
		return d
	}
	d.Message, d.Details = "", append(inner, d.Details...)
	return d
}

// vaultRefusal is what a key vault says of a missing right. After the action come hundreds of characters that tell who asked, by
// which token, and that there is no role assignment.
var vaultRefusal = regexp.MustCompile(`^(Caller is not authorized to perform action on resource)\..* Action: ('[^']*').*$`)

// sayAll joins what was said to one line. Codes are shown only if there are several things, since
// the one that decides is shown apart.
func sayAll(leaves []leaf) string {
	parts := make([]string, 0, len(leaves))
	for _, l := range leaves {
		text := vaultRefusal.ReplaceAllString(l.message, "$1: action $2")
		if text == "" {
			text = l.code
		} else if len(leaves) > 1 && l.code != "" && !wrapper(l.code) && !strings.Contains(text, l.code) {
			text = l.code + ": " + text
		}
		if l.target != "" && !strings.Contains(text, l.target) && len(l.target) < 64 {
			text += " [" + l.target + "]"
		}
		parts = append(parts, text)
	}
	return clip(strings.Join(parts, "; "), maxMessage)
}
