package flow

import (
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

func TestLineage(t *testing.T) {
	text := func(s string) string { return strings.Clone(s) } // a text of its own
	type row struct{ Name string }
	word, list, table := text("word"), []int{1, 2}, map[string]int{"a": 1}
	pointer, rows := &row{text("one")}, []row{{text("first")}, {text("second")}}
	r := newFlowRun("x", options{})
	result := func(value any) prefect.ID {
		task := r.newTask("t", options{}, nil)
		r.lineage.result(value, task.run.ID)
		return task.run.ID
	}
	w, l, m, p, rr := result(word), result(list), result(table), result(pointer), result(rows)
	for _, test := range []struct {
		name string
		in   any
		want []prefect.ID // of the part "input"
	}{
		{"text", word, []prefect.ID{w}},
		{"another text", text("word"), nil},
		{"one byte", "w", nil},
		{"slice", list, []prefect.ID{l}},
		{"map", table, []prefect.ID{m}},
		{"pointer", pointer, []prefect.ID{p}},
		{"element", rows[1].Name, []prefect.ID{rr}},
		{"several", []any{word, list, word}, []prefect.ID{w, l}},
		{"number", 7, nil},
		{"empty", "", nil},
		{"nil", nil, nil},
		{"nil pointer", (*row)(nil), nil},
	} {
		var got []prefect.ID
		for _, source := range r.lineage.inputs(test.in)["input"] {
			got = append(got, source.ID)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s comes from %v, want %v", test.name, got, test.want)
		}
	}
	fields := r.lineage.inputs(struct {
		A string `json:"a,omitempty"`
		B []int
		c string
	}{word, []int{1}, word})
	if len(fields) != 2 || len(fields["a"]) != 1 || len(fields["B"]) != 0 {
		t.Errorf("fields come from %v", fields)
	}
}

// A flow that makes much in its tasks must not hold all of it until its end.
func TestLineageLetsGo(t *testing.T) {
	var l lineage
	gone := make(chan struct{})
	first := make([]byte, maxHeld)
	runtime.AddCleanup(&first[0], func(gone chan struct{}) { close(gone) }, gone)
	l.parameters(struct{ Name string }{"the name"})
	comesFrom := func(value any) prefect.ID {
		t.Helper()
		for _, source := range l.inputs(value)["input"] {
			return source.ID
		}
		return "nowhere"
	}
	l.result(first, "first")
	if got := comesFrom(first); got != "first" {
		t.Errorf("the last result comes from %s", got)
	}
	runtime.KeepAlive(first)
	second := []byte("second")
	l.result(second, "second")
	runtime.GC()
	<-gone
	if got := comesFrom(second); got != "second" || len(l.sources) != 2 || len(l.held) != 1 {
		t.Errorf("the second result comes from %s; sources %v, %d results are held", got, l.sources, len(l.held))
	}
	// Many that refer to one text: it goes with the last of them.
	l = lineage{}
	for range 3 * maxHeld / hiddenSize {
		l.result([]any{"one text", new(int)}, "many")
	}
	if l.size > maxHeld || len(l.held) < maxHeld/hiddenSize/2 || comesFrom("one text") != "many" {
		t.Errorf("%d results of %d bytes are held", len(l.held), l.size)
	}
}
