// Package jsonplace says where in a file a mistake in JSON is: package json
// counts bytes, and people count lines and columns.
package jsonplace

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Find puts the line and the column, both from 1 and in characters, before an error of package json about text, and says
// that it is not valid JSON. ok is false for an error that is not one of syntax, which is returned as it is.
func Find(text []byte, err error) (placed error, ok bool) {
	syntax, ok := errors.AsType[*json.SyntaxError](err)
	if !ok {
		return err, false
	}
	// The offset is behind the byte that is wrong.
	before := text[:max(0, min(int(syntax.Offset), len(text))-1)]
	line := bytes.Count(before, []byte("\n")) + 1
	column := utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	return fmt.Errorf("line %d, column %d: not valid JSON: %w", line, column, syntax), true
}
