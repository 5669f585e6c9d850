package arm

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// router is the table of operations: a tree of path segments, and a list for paths
// that begin with a {scope} of any length. It is not an http.ServeMux because ARM ignores
// the case of fixed segments, and because it must never answer 301.
type router struct {
	root   node
	scoped []*route
}

type node struct {
	fixed map[string]*node // by lower-case segment
	param *node
	ops   map[string]*route // by method
}

type route struct {
	op      Operation
	handler Handler
	// names are the path's {names} in order; in a scoped route the scope is the first.
	names []string
	// scoped is set for a path that begins with a scope.
	scoped bool
	// tail is what a scoped route ends with: lower-case segments, "{" for a parameter.
	tail []string
}

// match is what the router found.
type match struct {
	route  *route
	params map[string]string
	// allowed are the methods of the path, when it exists without the one asked for.
	allowed []string
}

// add adds a route. It panics if the method and path have one already.
func (rt *router) add(op Operation, h Handler) {
	if op.Action == "" {
		op.Action = actionOf(op)
	}
	r := &route{op: op, handler: h}
	segments := strings.Split(strings.Trim(op.Path, "/"), "/")
	scoped := segments[0] == "{scope}" || segments[0] == "{resourceId}"
	n := &rt.root
	for _, segment := range segments {
		key := strings.ToLower(segment)
		if strings.HasPrefix(segment, "{") {
			r.names = append(r.names, strings.Trim(segment, "{}"))
			key = "{"
		}
		r.tail = append(r.tail, key)
		if !scoped {
			n = n.child(key)
		}
	}
	if scoped {
		r.scoped, r.tail = true, r.tail[1:]
		rt.scoped = append(rt.scoped, r)
		// The longest tail is the most specific: {resourceId} alone comes last.
		slices.SortStableFunc(rt.scoped, func(a, b *route) int { return len(b.tail) - len(a.tail) })
		return
	}
	if n.ops == nil {
		n.ops = map[string]*route{}
	}
	if old := n.ops[op.Method]; old != nil {
		panic(fmt.Sprintf("arm: %s and %s are both %s %s", old.op.ID, op.ID, op.Method, op.Path))
	}
	n.ops[op.Method] = r
}

func (n *node) child(key string) *node {
	if key == "{" {
		if n.param == nil {
			n.param = &node{}
		}
		return n.param
	}
	if n.fixed == nil {
		n.fixed = map[string]*node{}
	}
	if n.fixed[key] == nil {
		n.fixed[key] = &node{}
	}
	return n.fixed[key]
}

// find finds the route of a path. Fixed segments go before parameters, and whole paths before scopes.
func (rt *router) find(method string, segments []string) match {
	var m match
	values := make([]string, 0, 8)
	if rt.root.find(method, segments, values, &m) {
		return m
	}
	for _, r := range rt.scoped {
		params, ok := r.matchTail(segments)
		switch {
		case !ok:
		case r.op.Method == method:
			return match{route: r, params: params}
		case len(r.tail) > 0: // the scope alone is any path
			m.allow(r.op.Method)
		}
	}
	return m
}

func (m *match) allow(method string) {
	if !slices.Contains(m.allowed, method) {
		m.allowed = append(m.allowed, method)
		slices.Sort(m.allowed)
	}
}

func (n *node) find(method string, rest, values []string, m *match) bool {
	if len(rest) == 0 {
		if r := n.ops[method]; r != nil {
			m.route, m.params = r, zip(r.names, values)
			return true
		}
		for allowed := range n.ops {
			m.allow(allowed)
		}
		return false
	}
	if next := n.fixed[strings.ToLower(rest[0])]; next != nil && next.find(method, rest[1:], values, m) {
		return true
	}
	return n.param != nil && n.param.find(method, rest[1:], append(values, rest[0]), m)
}

// matchTail matches a scoped route: its scope is all before the tail, and the tenant's is nothing.
func (r *route) matchTail(segments []string) (params map[string]string, ok bool) {
	at := len(segments) - len(r.tail)
	if at < 0 || at == 0 && len(r.tail) == 0 {
		return nil, false
	}
	values := []string{"/" + strings.Join(segments[:at], "/")}
	for i, want := range r.tail {
		got := segments[at+i]
		if want == "{" {
			values = append(values, got)
		} else if !strings.EqualFold(want, got) {
			return nil, false
		}
	}
	return zip(r.names, values), true
}

func zip(names, values []string) map[string]string {
	m := make(map[string]string, len(names))
	for i, name := range names {
		m[name] = values[i]
	}
	return m
}

// pathSegments splits an escaped path into decoded segments; empty ones are left out, because
// az sends "//" in the middle of a path.
func pathSegments(escaped string) []string {
	var segments []string
	for part := range strings.SplitSeq(escaped, "/") {
		if part == "" {
			continue
		}
		if decoded, err := url.PathUnescape(part); err == nil {
			part = decoded
		}
		segments = append(segments, part)
	}
	return segments
}

// actionOf derives the RBAC action of a route as Azure names them: the provider, the
// fixed segments of its part of the path, and read, write, delete or action.
func actionOf(op Operation) string {
	parts := []string{"Microsoft.Resources"}
	for segment := range strings.SplitSeq(strings.Trim(op.Path, "/"), "/") {
		switch {
		case strings.EqualFold(segment, "providers"):
			parts = nil
		case strings.HasPrefix(segment, "{") && len(parts) > 0, segment == "default":
		case strings.EqualFold(segment, "resourcegroups"):
			parts = append(parts, "resourceGroups")
		default:
			parts = append(parts, segment)
		}
	}
	verb := "action"
	switch op.Method {
	case http.MethodGet, http.MethodHead:
		verb = "read"
	case http.MethodPut, http.MethodPatch:
		verb = "write"
	case http.MethodDelete:
		verb = "delete"
	}
	return strings.Join(append(parts, verb), "/")
}
