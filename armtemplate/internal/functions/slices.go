package functions

import (
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// clip bounds a count of elements: below zero is none, too many is all.
func clip(n int64, size int) int { return int(max(0, min(n, int64(size)))) }

func skip(c *Call) (value.Value, error) {
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	switch v := c.Args[0].(type) {
	case string:
		size := units(v)
		return sub(v, clip(n, size), size), nil
	case []value.Value:
		return v[clip(n, len(v)):], nil
	}
	return nil, c.invalid(0, "an array or a string")
}

func take(c *Call) (value.Value, error) {
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	switch v := c.Args[0].(type) {
	case string:
		return sub(v, 0, clip(n, units(v))), nil
	case []value.Value:
		return v[:clip(n, len(v)):clip(n, len(v))], nil
	}
	return nil, c.invalid(0, "an array or a string")
}
