// Package functions holds the functions of ARM templates whose result follows from their arguments alone. Those that need
// the template or the deployment, and those that take lambdas, are the evaluator's.
package functions

import (
	"errors"
	"maps"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Function is one function of the language.
type Function struct {
	Min, Max int // how many arguments it takes; a Max below zero is no limit
	// Shape is set if the function only moves its arguments about, so that it works on arrays and objects of which some
	// members are not known yet. Where it can't after all, it returns ErrUnknown.
	Shape bool
	Do    func(c *Call) (value.Value, error)
}

// Call is a call with its arguments evaluated.
type Call struct {
	Name string // as the template spells it
	Args []value.Value
}

// ErrUnknown is returned where the result depends on what is not known yet.
var ErrUnknown = errors.New("the result is not known yet")

// Table has every function by its name in lower case.
var Table = merge(arrays, objects, texts, encodings, comparisons, numbers, dates, cidrs, uris, resources)

func merge(groups ...map[string]Function) map[string]Function {
	all := map[string]Function{}
	for _, g := range groups {
		maps.Copy(all, g)
	}
	return all
}

// Check reports a wrong number of arguments.
func (f Function) Check(name string, n int) error {
	switch {
	case n >= f.Min && (n <= f.Max || f.Max < 0):
		return nil
	case f.Min == f.Max:
		return value.Errorf("Unable to evaluate template language function '%s': function requires %d argument(s) while %d were provided.", name, f.Min, n)
	case n < f.Min:
		return value.Errorf("Unable to evaluate template language function '%s': function requires at least %d argument(s) while %d were provided.", name, f.Min, n)
	}
	return value.Errorf("Unable to evaluate template language function '%s': function takes at most %d argument(s) while %d were provided.", name, f.Max, n)
}

// invalid says that the i-th argument is not what the function takes.
func (c *Call) invalid(i int, want string) error {
	return value.Errorf("The template language function '%s' expects its %s to be %s. The provided value is of type '%s'.",
		c.Name, c.parameter(i), want, value.TypeName(c.Args[i]))
}

func (c *Call) parameter(i int) string {
	ordinals := [...]string{"first", "second", "third", "fourth"}
	switch {
	case len(c.Args) == 1:
		return "parameter"
	case i < len(ordinals):
		return ordinals[i] + " parameter"
	}
	return "parameters"
}

// OnlyString is v, the only argument of a function, which must be a string.
func OnlyString(function string, v value.Value) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return "", value.Errorf("The template language function '%s' expects its parameter to be a string.", function)
}

// str is the i-th argument, which must be a string.
func (c *Call) str(i int) (string, error) {
	if s, ok := c.Args[i].(string); ok {
		return s, nil
	}
	return "", c.invalid(i, "a string")
}

// integer is the i-th argument, which must be an integer.
func (c *Call) integer(i int) (int64, error) {
	if n, ok := c.Args[i].(int64); ok {
		return n, nil
	}
	return 0, c.invalid(i, "an integer")
}

// boolean is the i-th argument, which must be a bool.
func (c *Call) boolean(i int) (bool, error) {
	if b, ok := c.Args[i].(bool); ok {
		return b, nil
	}
	return false, c.invalid(i, "a boolean")
}

// array is the i-th argument, which must be an array.
func (c *Call) array(i int) ([]value.Value, error) {
	if a, ok := c.Args[i].([]value.Value); ok {
		return a, nil
	}
	return nil, c.invalid(i, "an array")
}

// object is the i-th argument, which must be an object.
func (c *Call) object(i int) (*value.Object, error) {
	if o, ok := c.Args[i].(*value.Object); ok {
		return o, nil
	}
	return nil, c.invalid(i, "an object")
}

// strs are all arguments, which must be strings.
func (c *Call) strs() ([]string, error) {
	out := make([]string, len(c.Args))
	for i := range c.Args {
		s, err := c.str(i)
		if err != nil {
			return nil, err
		}
		out[i] = s
	}
	return out, nil
}
