package pytext

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// Decode reads one JSON value into what this package writes: numbers stay [json.Number], so that 1.0 does not become 1.
func Decode(data []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("something follows the JSON value")
	}
	return value, nil
}
