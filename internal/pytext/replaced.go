package pytext

import "bytes"

// Replaced reports whether [encoding/json] has put U+FFFD in the place of bytes that are not UTF-8: it writes the escape
// \ufffd for them, and for nothing else. A backslash of a text's own is doubled. JSON that a caller wrote, in a
// [encoding/json.RawMessage], may have the escape too.
func Replaced(encoded []byte) bool {
	escape := []byte(`\ufffd`)
	return bytes.Contains(encoded, escape) && bytes.Contains(bytes.ReplaceAll(encoded, []byte(`\\`), nil), escape)
}
