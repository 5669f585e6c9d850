package jobtemplate

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

func TestWords(t *testing.T) {
	for _, test := range []struct {
		command string
		want    []string
		err     error
	}{
		{"a b", []string{"a", "b"}, nil},
		{" \t a\r\nb ", []string{"a", "b"}, nil},
		{`a 'b "c' "d 'e"`, []string{"a", `b "c`, "d 'e"}, nil},
		{`x"y"'z'`, []string{"xyz"}, nil},
		{`'' "" a`, []string{"", "", "a"}, nil},
		{`\a\ \'b`, []string{"a 'b"}, nil},
		{`"\a\"\\\n"`, []string{`\a"\\n`}, nil},
		{`'\'`, []string{`\`}, nil},
		{`# a | b`, []string{"#", "a", "|", "b"}, nil},
		{"", nil, nil},
		{`"a`, nil, errQuote},
		{`'`, nil, errQuote},
		{`"a\"`, nil, errQuote},
		{`a \`, nil, errEscape},
	} {
		got, err := words(test.command)
		if diff := cmp.Diff(test.want, got); diff != "" || err != test.err {
			t.Errorf("%q: error %v, want %v; -want +got:\n%s", test.command, err, test.err, diff)
		}
	}
}

// FuzzWords: whatever is quoted comes back.
func FuzzWords(f *testing.F) {
	f.Add("a", "b c", `'"\`)
	f.Fuzz(func(t *testing.T, a, b, c string) {
		want := []string{a, b, c}
		var quoted []string
		for i, word := range want {
			if i == 1 {
				quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word)+`"`)
			} else {
				quoted = append(quoted, "'"+strings.ReplaceAll(word, "'", `'\''`)+"'")
			}
		}
		got, err := words(strings.Join(quoted, " "))
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q became %q, %v", quoted, got, err)
		}
	})
}

// FuzzPlaceholders holds the scanner to a regular expression of the same meaning.
func FuzzPlaceholders(f *testing.F) {
	for _, seed := range []string{"{{ a }}", "{{{a.b[0]}}}", "{{ $A }}{{b}}", "{{ a b }}", "{{\u00a0é\x1c}}", "{{{{a}}}}", "{{a}", "{{ }}", "x{{\xff}}"} {
		f.Add(seed)
	}
	reference := regexp.MustCompile(`\{\{[\s\v\x1c-\x1f\x{85}\p{Z}]*([\p{L}\p{N}_.\-\[\]$]+)[\s\v\x1c-\x1f\x{85}\p{Z}]*\}\}`)
	f.Fuzz(func(t *testing.T, s string) {
		var want, got [][]int
		for _, found := range reference.FindAllStringSubmatchIndex(s, -1) {
			want = append(want, []int{found[0], found[1]})
		}
		for _, p := range placeholders(s) {
			got = append(got, []int{p.start, p.end})
			if !strings.Contains(s[p.start:p.end], p.name) || p.name == "" {
				t.Errorf("%q is named %q", s[p.start:p.end], p.name)
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -regexp +scanner:\n%s", s, diff)
		}
	})
}

// FuzzConfiguration: no template, no values and no path end in a panic, nothing given is changed, and what
// comes out is JSON.
func FuzzConfiguration(f *testing.F) {
	f.Add(`{"env": {"A": "{{ a }}"}, "b": ["{{ l[-1].k }}"]}`, `{"env": {"default": {"B": "x"}}}`, `{"a": 1, "env.C": null, "l": [{"k": true}]}`)
	f.Add(`{"env": "{{ env }}"}`, `{"env": {"default": null}, "x": {"default": ""}}`, `{"env": {"A": ""}, "env.A.B": 1}`)
	f.Fuzz(func(t *testing.T, configuration, properties, values string) {
		var template baseJobTemplate
		var given map[string]any
		if decode([]byte(configuration), &template.JobConfiguration) != nil || decode([]byte(properties), &template.Variables.Properties) != nil ||
			decode([]byte(values), &given) != nil {
			t.Skip()
		}
		before := pytext.Repr(template.JobConfiguration) + pytext.Repr(given)
		for _, newest := range []bool{false, true} {
			variables, err := jobVariables(given, given, newest)
			if err != nil {
				continue
			}
			applied := template.configuration(&filler{newest: newest}, variables)
			if _, err := json.Marshal(applied); err != nil {
				t.Errorf("%v in %v", err, applied)
			}
			_, err = readConfiguration(&resolution{values: applied, somebodys: template.says}, prefect.Version{Major: map[bool]int{false: 2, true: 3}[newest]})
			if err != nil && strings.Contains(err.Error(), "%!") {
				t.Errorf("an error that nobody can read: %v", err)
			}
		}
		if after := pytext.Repr(template.JobConfiguration) + pytext.Repr(given); before != after {
			t.Errorf("the input was\n%s\nand is\n%s", before, after)
		}
	})
}

func TestTags(t *testing.T) {
	long := strings.Repeat("é", 300)
	labels := map[string]string{"prefect.io/flow-name": "a", "Team": "lower", "team": "mine", "a<b>%&\\?/\n": "x", long: long, "": "no name"}
	got, _, err := tags(labels, map[string]string{"team": "mine"})
	want := map[string]string{"prefect.io-flow-name": "a", "team": "mine", "a-b-------": "x", strings.Repeat("é", 256): strings.Repeat("é", 256)}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("error %v; -want +got:\n%s", err, diff)
	}
	if err := (aci.Job{Image: "i", Tags: got}).Validate(); err != nil {
		t.Errorf("Azure would refuse the tags %q: %v", slices.Sorted(maps.Keys(got)), err)
	}
	if _, _, err := tags(map[string]string{"pacific-created": "x"}, nil); err == nil {
		t.Error("a tag of Pacific's own may be set")
	}
}
