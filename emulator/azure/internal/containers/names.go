package containers

import (
	"encoding/base64"
	"net"
	"path"
	"strings"
)

// The naming rules of learn.microsoft.com/azure/container-instances/container-instances-troubleshooting.

func lowerAlnum(r byte) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' }
func alnum(r byte) bool      { return lowerAlnum(r) || r >= 'A' && r <= 'Z' }

// label reports whether s is of least to 63 characters, each allowed, with hyphens inside.
func label(s string, least int, allowed func(byte) bool) bool {
	if len(s) < least || len(s) > 63 || !allowed(s[0]) || !allowed(s[len(s)-1]) {
		return false
	}
	for i := range len(s) {
		if !allowed(s[i]) && s[i] != '-' {
			return false
		}
	}
	return true
}

func validContainerName(s string) bool { return label(s, 1, lowerAlnum) }
func validDNSLabel(s string) bool      { return label(s, 5, alnum) }

// validVolumeName follows the documented table: 5 to 63, no two hyphens together.
func validVolumeName(s string) bool {
	return label(s, 1, lowerAlnum) && !strings.Contains(s, "--")
}

// validVariableName is the rule that Azure's own error message states; the length is
// from the documented table.
func validVariableName(s string) bool {
	if s == "" || len(s) > 63 || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		if !alnum(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

// validImage refuses what no registry could resolve: protocols, blanks, upper-case
// repositories, empty parts. It is no full parser: what is left is the registry's to say.
func validImage(s string) bool {
	if strings.Contains(s, "://") || strings.ContainsAny(s, " \t\r\n\\\"'") {
		return false
	}
	name, _, _ := strings.Cut(s, "@")
	host, rest, slash := strings.Cut(name, "/")
	if slash && (strings.ContainsAny(host, ".:") || host == "localhost") {
		name = rest
	}
	if i := strings.LastIndexByte(name, ':'); i >= 0 {
		if name[i+1:] == "" || strings.Contains(name[i+1:], "/") {
			return false
		}
		name = name[:i]
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part != strings.ToLower(part) {
			return false
		}
	}
	return true
}

// validServer is a host name, perhaps with a port, and no protocol.
func validServer(s string) bool {
	if strings.ContainsAny(s, "/@ \t") {
		return false
	}
	if host, port, err := net.SplitHostPort(s); err == nil {
		return host != "" && port != ""
	}
	return s != "" && !strings.Contains(s, ":")
}

// validMountPath is absolute, clean of colons, and not the root.
func validMountPath(s string) bool {
	return strings.HasPrefix(s, "/") && !strings.Contains(s, ":") && path.Clean(s) != "/"
}

// validFileName is a file name inside a secret volume.
func validFileName(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.ContainsAny(s, "/\\\x00")
}

func validBase64(s string) bool {
	_, err := base64.StdEncoding.DecodeString(s)
	return err == nil
}

// reservedPort lists what ACI keeps for itself
// (learn.microsoft.com/azure/container-instances/container-instances-faq).
func reservedPort(p int) bool {
	between := func(low, high int) bool { return p >= low && p <= high }
	switch p {
	case 22, 9999, 19000, 19080, 19100, 19390:
		return true
	}
	return between(1025, 1027) || between(3389, 3399) || between(20000, 30000) || between(49152, 65534)
}
