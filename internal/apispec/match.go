package apispec

import "strings"

// match is an operation found for a request.
type match struct {
	*operation
	// exact says that the file is of the very api-version that was asked for. Where it is not, properties that the file
	// does not know may simply be newer and are warnings.
	exact bool
}

// find picks the operation for a request: the most fixed path first (generic operations on any resource id match
// everything), then the file of the asked version, else the newest file at hand.
func find(operations []*operation, method, path, version string) (match, bool) {
	path = strings.ReplaceAll(path, "//", "/")
	slashes := strings.Count(strings.TrimSuffix(path, "/"), "/")
	var best *operation
	exact := false
	for _, op := range operations {
		// Counting first: there are hundreds of expressions, and a few are asked.
		if op.method != method || op.slashes != slashes && op.slashes >= 0 || !op.pattern.MatchString(path) {
			continue
		}
		same := strings.EqualFold(op.doc.version, version)
		if best == nil || better(op, best, same, exact) {
			best, exact = op, same
		}
	}
	if best == nil {
		return match{}, false
	}
	return match{operation: best, exact: exact}, true
}

// better reports whether op fits better than best. Among paths alike the asked version wins, then the newest: versions are
// dates, so text order is age.
func better(op, best *operation, same, exact bool) bool {
	if op.fixed != best.fixed {
		return op.fixed > best.fixed
	}
	if same != exact {
		return same
	}
	return !exact && op.doc.version > best.doc.version
}

// resolve follows a parameter's reference.
func (m match) resolve(p parameter) parameter {
	if name, ok := strings.CutPrefix(p.Ref, "#/parameters/"); ok {
		return m.doc.parameters[name]
	}
	return p
}

// body is the schema of the request's body; nil when the operation takes none.
func (m match) body() (s *schema, required bool) {
	for _, p := range m.parameters {
		if p = m.resolve(p); p.In == "body" {
			return p.Schema, p.Required
		}
	}
	return nil, false
}
