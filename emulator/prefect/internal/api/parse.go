package api

import (
	"bytes"
	"reflect"
)

// Parse reads a text as [Request.Decode] reads a body: for a websocket's messages, and for parts of a body that may have
// one form or another. An empty text is as {}.
func Parse(text []byte, into any) error {
	if len(bytes.TrimSpace(text)) == 0 {
		return decodeValue(into, map[string]any{}, nil)
	}
	value, err := parse(text)
	if err != nil {
		return err
	}
	return decodeValue(into, value, text)
}

// Read reads a value as [Request.Decode] reads the part of a body at loc, and gives what is wrong with it: for parts that
// may have one form or another.
func Read(into, value any, loc []any) []Detail {
	reader := reader{}
	reader.read(reflect.ValueOf(into).Elem(), value, loc)
	return reader.details
}
