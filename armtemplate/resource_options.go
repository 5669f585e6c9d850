package armtemplate

import (
	"math"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// optionNames are the members of @options that are followed, in lower case. Bicep writes its decorators of resources there, each
// with the list of its arguments.
var optionNames = []string{"onlyifnotexists", "nullifnotfound", "retryon"}

// options reads the @options of a resource.
func (p *place) options(r *Resource) error {
	r.OnlyIfNotExists, r.NullIfNotFound = r.hasOption("onlyIfNotExists"), r.hasOption("nullIfNotFound")
	n := r.node.Get("@options").Get("retryOn")
	if n.IsNull() {
		return nil
	}
	v, err := p.node(n)
	if err != nil {
		return err
	}
	wrong := problemf(n, "The option 'retryOn' of the template resource '%s' at line '%d' and column '%d' must be a list of error codes and, after it, a number of retries.", resourceLabel(r.node), r.Line, r.Column)
	args, ok := v.([]value.Value)
	if !ok || len(args) < 1 || len(args) > 2 {
		return wrong
	}
	codes, ok := args[0].([]value.Value)
	if !ok {
		return wrong
	}
	for _, code := range codes {
		text, ok := code.(string)
		if !ok {
			return wrong
		}
		r.RetryOn = append(r.RetryOn, text)
	}
	if len(args) == 2 {
		count, ok := args[1].(int64)
		if !ok || count < 1 || count > math.MaxInt32 {
			return wrong
		}
		r.Retries = int(count)
	}
	return nil
}

// hasOption reports whether a decorator that takes no argument is there: its list is empty.
func (r *Resource) hasOption(name string) bool {
	n := r.node.Get("@options").Get(name)
	return n != nil && !(n.Kind == document.Scalar && n.Value == false)
}
