package cmdutil

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Values reads K=V flags whose V is JSON, or else text, as Prefect reads the parameters of its own commands; nil for none.
// Numbers keep their digits. An error never repeats the value.
func Values(flag string, given []string) (map[string]any, error) {
	if len(given) == 0 {
		return nil, nil
	}
	values := map[string]any{}
	for _, one := range given {
		name, text, ok := strings.Cut(one, "=")
		if !ok || name == "" {
			return nil, Usage(fmt.Sprintf("%s %q is not K=V", flag, name), "")
		}
		if _, twice := values[name]; twice {
			return nil, Usage(fmt.Sprintf("%s %s is given twice", flag, name), "")
		}
		values[name] = text
		if json.Valid([]byte(text)) {
			d := json.NewDecoder(strings.NewReader(text))
			d.UseNumber()
			var value any
			if d.Decode(&value) == nil {
				values[name] = value
			}
		}
	}
	return values, nil
}
