package arm

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

// Finish waits for the end of the long-running operation that a call of [Core.Do] began, or of one that went on already: the
// one that its answer names or, where it names none, the one that the state of the resource shows. It returns at once if
// there is none. The error is that of an operation that did not succeed, however long ago it ended.
func (c *Core) Finish(ctx context.Context, call Call, answer *Answer) error {
	op, ok := answer.operation, answer.operation != nil
	if !ok {
		if op, ok = c.other(call, answer); !ok {
			return nil
		}
	}
	select {
	case <-op.done:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if status, err := op.Status(); err != nil {
		return err
	} else if status != Succeeded {
		return Errorf(0, status, "The operation ended as %s.", status)
	}
	return nil
}

// other finds the operation that an answer is about although its call began none.
func (c *Core) other(call Call, answer *Answer) (*AsyncOperation, bool) {
	address := answer.Header.Get("Azure-AsyncOperation")
	if address == "" {
		address = answer.Header.Get("Location")
	}
	u, err := url.Parse(address)
	if err == nil && address != "" {
		return c.operations.get(u.Path[strings.LastIndexByte(u.Path, '/')+1:])
	}
	if u, err = url.Parse(call.URL); err != nil {
		return nil, false
	}
	id, _ := c.pathID(pathSegments(u.EscapedPath()))
	return c.operations.of(id.Key())
}

// CheckPut is the error that a PUT of a resource would get from Azure Resource Manager itself, before the service of its
// type sees it, whoever sends it: for an unknown provider or type, an api-version that is too old, a resource group that is
// not there or on its way out, and a location that the subscription does not have (empty: none is given); or from the
// service for the name alone. What the resource is below or on may still be missing.
func (c *Core) CheckPut(resource, apiVersion, location string) error {
	u := url.URL{Path: resource, RawQuery: url.Values{"api-version": {apiVersion}}.Encode()}
	r := &Request{Request: &http.Request{Method: http.MethodPut, URL: &u}, core: c}
	if err := checkVersion(r); err != nil {
		return err
	}
	r.APIVersion = strings.ToLower(apiVersion)
	segments := pathSegments(u.EscapedPath())
	found := c.routes.find(r.Method, segments)
	r.id, r.rest = c.pathID(segments)
	if found.route == nil && len(found.allowed) == 0 {
		found.route = c.keptRoute(r)
	}
	if found.route != nil {
		r.Operation, r.Params = found.route.op, found.params
	}
	r.Region = NormalLocation(location)
	if err := c.locateRoute(r, segments, found); err != nil {
		return err
	}
	if t, _ := c.TypeOf(r.id.Type()); t.CheckName != nil {
		if err := t.CheckName(r.id.Name()); err != nil {
			return err
		}
	}
	if location == "" || r.Region == "global" {
		return nil
	}
	_, err := c.CheckLocation(location, r.id.Type())
	return err
}
