package runs

import (
	"encoding/json"
	"strconv"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// retryDelay is a number of seconds, or a list of them, one for each retry. Texts of numbers count too, as for pydantic.
type retryDelay json.RawMessage

// ReadValue reads it. What is neither is refused once for each form that it could have had.
func (d *retryDelay) ReadValue(value any, loc []any) []api.Detail {
	if value == nil {
		*d = retryDelay("null")
		return nil
	}
	if number, ok := delay(value); ok {
		*d = retryDelay(number)
		return nil
	}
	at := func(more ...any) []any { return append(append([]any{}, loc...), more...) }
	details := []api.Detail{notNumber("int", value, at("int")), notNumber("float", value, at("float"))}
	list, isList := value.([]any)
	if !isList {
		for _, form := range []string{"list[int]", "list[float]"} {
			details = append(details, api.Detail{Type: "list_type", Loc: at(form), Message: "Input should be a valid list", Input: value})
		}
		return details
	}
	numbers := make([]json.Number, len(list))
	refused := false
	for _, form := range []string{"int", "float"} {
		for i, item := range list {
			if number, ok := delay(item); ok {
				numbers[i] = number
				continue
			}
			refused = true
			details = append(details, notNumber(form, item, at("list["+form+"]", i)))
		}
	}
	if refused {
		return details
	}
	text, err := json.Marshal(numbers)
	if err != nil {
		return details
	}
	*d = text
	return nil
}

// delay is a number, or a text of one.
func delay(value any) (json.Number, bool) {
	switch v := value.(type) {
	case json.Number:
		return v, true
	case string:
		_, err := strconv.ParseFloat(v, 64)
		return json.Number(v), err == nil && json.Valid([]byte(v))
	}
	return "", false
}

// notNumber refuses what is no number of a form, int or float.
func notNumber(form string, value any, loc []any) api.Detail {
	name := map[string]string{"int": "integer", "float": "number"}[form]
	if _, ok := value.(string); ok {
		return api.Detail{Type: form + "_parsing", Loc: loc, Message: "Input should be a valid " + name + ", unable to parse string as " + map[string]string{"int": "an integer", "float": "a number"}[form], Input: value}
	}
	return api.Detail{Type: form + "_type", Loc: loc, Message: "Input should be a valid " + name, Input: value}
}
