//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// kept are the fields that a server keeps as they were written, with the order of the keys of every object in them.
var kept = []string{"base_job_template", "fields", "data", "parameters", "parameter_openapi_schema", "job_variables", "context", "pull_steps", "value"}

// orders compares the order of keys in what is kept; which keys there are is compared by values.
func (c *comparison) orders(got, want []byte) {
	ours, theirs := keyOrders(got), keyOrders(want)
	for _, path := range slices.Sorted(maps.Keys(theirs)) {
		order, ok := ours[path]
		if ok && order != theirs[path] && sortedKeys(order) == sortedKeys(theirs[path]) {
			c.differ(path, "got the keys in the order %s, want %s", order, theirs[path])
		}
	}
}

func sortedKeys(order string) string {
	return strings.Join(slices.Sorted(strings.SplitSeq(order, " ")), " ")
}

// keyOrders are the keys of every object in what is kept, as they follow one another, by the object's path.
func keyOrders(text []byte) map[string]string {
	orders := map[string]string{}
	if len(text) > 0 {
		readOrders(json.NewDecoder(bytes.NewReader(text)), "", false, orders)
	}
	return orders
}

// readOrders reads the next value, which is at a path; inside says that it is in what is kept.
func readOrders(d *json.Decoder, path string, inside bool, orders map[string]string) {
	token, err := d.Token()
	if err != nil {
		return
	}
	switch token {
	case json.Delim('['):
		for i := 0; d.More(); i++ {
			readOrders(d, fmt.Sprintf("%s.%d", path, i), inside, orders)
		}
	case json.Delim('{'):
		var keys []string
		for d.More() {
			key, _ := d.Token()
			name, _ := key.(string)
			keys = append(keys, name)
			readOrders(d, path+"."+name, inside || slices.Contains(kept, name), orders)
		}
		if inside {
			orders[path] = strings.Join(keys, " ")
		}
	default:
		return
	}
	_, _ = d.Token() // the end of the object or list
}
