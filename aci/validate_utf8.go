package aci

import (
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// checkUTF8 refuses text that is not UTF-8, wherever in the job it stands. A request is JSON, and the encoder puts
// U+FFFD in the place of other bytes: the container would get a value that nobody wrote.
func (j Job) checkUTF8(p *problems) {
	j.Output = nil
	for _, t := range invalidTexts(reflect.ValueOf(j)) {
		at := fields.InvalidByte([]byte(t.text))
		p.add(strings.TrimPrefix(t.path, "."), "", fmt.Sprintf("must be valid UTF-8; byte %d (0x%02x) is not", at, t.text[at]),
			"the data in a file of a volume, or encoded as Base64")
	}
}

// An invalidText is text that is not UTF-8, and where it stands: .Env["A"], .Base.properties.volumes[0].name.
type invalidText struct{ path, text string }

// invalidTexts finds all text in v that is not UTF-8. Paths are put together on the way back, so that a job without
// such text, which is every job but one in a million, costs no names.
func invalidTexts(v reflect.Value) []invalidText {
	var found []invalidText
	within := func(v reflect.Value, name func() string) {
		for _, t := range invalidTexts(v) {
			found = append(found, invalidText{name() + t.path, t.text})
		}
	}
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return []invalidText{{"", v.String()}}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return invalidTexts(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			within(v.Field(i), func() string { return "." + fieldName(v.Type(), i) })
		}
	case reflect.Slice:
		for i := range v.Len() {
			within(v.Index(i), func() string { return fields.At("", i) })
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			within(key, func() string { return fields.Keyed("", key.String()) })
			within(v.MapIndex(key), func() string { return fields.Keyed("", key.String()) })
		}
	}
	return found
}

// fieldName is what errors call a field: its own name in a [Job], and ARM's in Job.Base.
func fieldName(t reflect.Type, i int) string {
	if t == reflect.TypeFor[Job]() || t == reflect.TypeFor[Registry]() {
		return t.Field(i).Name
	}
	if name := fields.JSONName(t, i); name != "" {
		return name
	}
	return t.Field(i).Name
}
