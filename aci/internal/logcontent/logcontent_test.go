package logcontent_test

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/pacific-aci/pacific/aci/internal/logcontent"
)

func TestRead(t *testing.T) {
	for in, want := range map[string]string{
		`{"content":"a\nb\n"}`: "a\nb\n",
		` { "content" : "" } `: "",
		`{}`:                   "",
		`{"content":null}`:     "",
		`{"x":[1,{"y":"]}"}],"z":"\"","n":12.5,"t":true,"content":"c"}`: "c",
		`{"x":1}`: "",
		`{"content":"\u00e4\ud83d\ude00\ud83d\u0041\/\"\\\b\f\r\t"}`: "ä😀\uFFFDA/\"\\\b\f\r\t",
		`{"content":"ä😀"}`: "ä😀",
	} {
		got, err := logcontent.Read(iotest.OneByteReader(strings.NewReader(in)), nil)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %q %v, want %q", in, got, err, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	for in, want := range map[string]error{
		``:                       io.ErrUnexpectedEOF,
		`[]`:                     logcontent.ErrForm,
		`{"content":7}`:          logcontent.ErrForm,
		`{"content":"a`:          io.ErrUnexpectedEOF,
		`{"content":"\x"}`:       logcontent.ErrForm,
		`{"content":"\u12"}`:     logcontent.ErrForm,
		`{"content":"\u12`:       io.ErrUnexpectedEOF,
		"{\"content\":\"a\nb\"}": logcontent.ErrForm,
		`{content:"a"}`:          logcontent.ErrForm,
		`{"x" 1}`:                logcontent.ErrForm,
	} {
		if _, err := logcontent.Read(strings.NewReader(in), nil); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", in, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(`{"content":"2026-01-01T00:00:00Z a\n"}`)
	f.Add(`{"content":"\ud83d\ude00\ud83dx"}`)
	f.Add(`{"a":[{}],"content":"x"}`)
	f.Fuzz(func(t *testing.T, in string) {
		got, err := logcontent.Read(strings.NewReader(in), nil)
		var want map[string]json.RawMessage
		var content *string
		if json.Unmarshal([]byte(in), &want) != nil || want == nil || json.Unmarshal(want["content"], &content) != nil && want["content"] != nil {
			return // what encoding/json refuses may be read up to the content's end
		}
		names := 0
		for name := range want {
			if strings.EqualFold(name, "content") {
				names++
			}
		}
		if strings.Count(in, "content") > names || strings.Contains(in, `\u00`) {
			return // said twice, or the name in disguise
		}
		if err != nil {
			t.Fatalf("%q: %v, want what encoding/json reads", in, err)
		}
		if expected := deref(content); string(got) != expected {
			t.Fatalf("%q: got %q, want %q", in, got, expected)
		}
	})
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
