package pytext_test

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/pytext"
)

// What Python made of each value: see testdata/vectors.py.
var (
	//go:embed testdata/vectors.jsonl
	vectors string
	//go:embed testdata/printable.txt
	printable string
)

func TestVectors(t *testing.T) {
	count := 0
	for line := range strings.Lines(vectors) {
		var v struct{ In, Repr, Str, Dumps string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		value := decode(t, v.In)
		for _, got := range []struct{ name, got, want string }{
			{"repr", pytext.Repr(value), v.Repr}, {"str", pytext.Str(value), v.Str}, {"json.dumps", pytext.Dumps(value), v.Dumps},
		} {
			if got.got != got.want {
				t.Errorf("%s of %s is\n%s, Python's is\n%s", got.name, v.In, got.got, got.want)
			}
		}
		count++
	}
	if count < 400 {
		t.Errorf("only %d vectors", count)
	}
}

// TestPrintable holds every code point to Python's str.isprintable(), which decides what repr escapes.
func TestPrintable(t *testing.T) {
	for i, line := range strings.Split(strings.TrimSpace(printable), "\n") {
		for part := range strings.FieldsSeq(line) {
			var first, last rune
			if _, err := fmt.Sscanf(part, "%x-%x", &first, &last); err != nil {
				t.Fatal(err)
			}
			for r := first; r <= last; r++ {
				if r == '\\' || r == '\'' {
					continue // escaped though printable
				}
				plain := pytext.Repr(string(r)) == "'"+string(r)+"'"
				if plain != (i == 0) {
					t.Errorf("%U: left as it is: %v, in Python %v", r, plain, i == 0)
				}
			}
		}
	}
}

func TestFloat(t *testing.T) {
	for f, want := range map[float64]string{math.Inf(1): "inf", math.Inf(-1): "-inf", 30: "30.0", 1e16: "1e+16", 0.00001: "1e-05"} {
		if got := pytext.Float(f); got != want {
			t.Errorf("%v is %s, Python's is %s", f, got, want)
		}
	}
	if got := pytext.Float(math.NaN()); got != "nan" {
		t.Errorf("not a number is %s, Python's is nan", got)
	}
}

func TestDumpsRefusesOtherTypes(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a float64 was written, though its text is lost")
		}
	}()
	pytext.Dumps(1.5)
}

func decode(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return value
}
