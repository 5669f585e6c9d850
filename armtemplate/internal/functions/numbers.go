package functions

import (
	"math"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var numbers = map[string]Function{
	"add":   {2, 2, false, arithmetic(add)},
	"sub":   {2, 2, false, arithmetic(subtract)},
	"mul":   {2, 2, false, arithmetic(multiply)},
	"div":   {2, 2, false, arithmetic(divide)},
	"mod":   {2, 2, false, arithmetic(remainder)},
	"float": {1, 1, false, float},
	"int":   {1, 1, false, toInt},
	"max":   {1, -1, false, extreme(func(a, b int64) bool { return a > b })},
	"min":   {1, -1, false, extreme(func(a, b int64) bool { return a < b })},
}

// arithmetic makes a function of two integers. A result that does not fit 64 bits is an error.
func arithmetic(do func(a, b int64) (n int64, problem string)) func(*Call) (value.Value, error) {
	return func(c *Call) (value.Value, error) {
		a, err := c.integer(0)
		if err != nil {
			return nil, err
		}
		b, err := c.integer(1)
		if err != nil {
			return nil, err
		}
		n, problem := do(a, b)
		if problem != "" {
			return nil, value.Errorf("The template language function '%s' was invoked with parameters that are not valid: %s.", c.Name, problem)
		}
		return n, nil
	}
}

const overflow = "the result does not fit a 64-bit integer"

func add(a, b int64) (int64, string) {
	if n := a + b; (n > a) == (b > 0) {
		return n, ""
	}
	return 0, overflow
}

func subtract(a, b int64) (int64, string) {
	if n := a - b; (n < a) == (b > 0) {
		return n, ""
	}
	return 0, overflow
}

func multiply(a, b int64) (int64, string) {
	if a == 0 || b == 0 {
		return 0, ""
	}
	if n := a * b; n/b == a && (n < 0) == ((a < 0) != (b < 0)) {
		return n, ""
	}
	return 0, overflow
}

func divide(a, b int64) (int64, string) {
	switch {
	case b == 0:
		return 0, "the divisor must not be zero"
	case a == math.MinInt64 && b == -1:
		return 0, overflow
	}
	return a / b, ""
}

func remainder(a, b int64) (int64, string) {
	switch b {
	case 0:
		return 0, "the divisor must not be zero"
	case -1:
		return 0, ""
	}
	return a % b, ""
}

func extreme(better func(a, b int64) bool) func(*Call) (value.Value, error) {
	return func(c *Call) (value.Value, error) {
		of := c.Args
		if a, ok := of[0].([]value.Value); ok && len(of) == 1 {
			of = a
		}
		if len(of) == 0 {
			return nil, value.Errorf("The template language function '%s' expects an array with at least one element.", c.Name)
		}
		var best int64
		for i, v := range of {
			n, ok := v.(int64)
			if !ok {
				return nil, value.Errorf("The template language function '%s' expects its parameters to be integers or an array of integers. The provided value is of type '%s'.", c.Name, value.TypeName(v))
			}
			if i == 0 || better(n, best) {
				best = n
			}
		}
		return best, nil
	}
}

func toInt(c *Call) (value.Value, error) {
	switch v := c.Args[0].(type) {
	case int64:
		return v, nil
	case string:
		if n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64); err == nil {
			return n, nil
		}
		return nil, value.Errorf("The template language function '%s' cannot convert provided value '%s' to integer value.", c.Name, v)
	case value.Number:
		if f, err := strconv.ParseFloat(string(v), 64); err == nil && math.Abs(f) < 1<<53 {
			return int64(math.RoundToEven(f)), nil
		}
	}
	return nil, c.invalid(0, "an integer or a string")
}

// float marks a number as a decimal, which is all that can be done with decimals.
func float(c *Call) (value.Value, error) {
	var text string
	switch v := c.Args[0].(type) {
	case value.Number:
		return v, nil
	case int64:
		text = strconv.FormatInt(v, 10)
	case string:
		text = strings.TrimSpace(v)
	default:
		return nil, c.invalid(0, "an integer or a string")
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, value.Errorf("The template language function '%s' cannot convert provided value '%s' to float value.", c.Name, text)
	}
	return value.FromFloat(f), nil
}
