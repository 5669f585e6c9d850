package pyflow_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/pacific-aci/pacific/deploy/internal/pyflow"
)

// FuzzRead holds that no file makes the package panic, and that all it makes is JSON or Problems.
func FuzzRead(f *testing.F) {
	paths, err := filepath.Glob("testdata/flows/*.py")
	if err != nil || len(paths) == 0 {
		f.Fatal("no corpus", err)
	}
	for _, path := range paths {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(source)
	}
	f.Add([]byte("from prefect import flow\n@flow(name=f'{x!r:{w}}')\ndef f(a: 'list[\"int\"]' = b'\\xff' '', *, b: int | None = -0x_1, **k): \"\"\"D\"\"\"\n"))
	f.Add([]byte("match x:\n case [a, *b]: pass\ntype X[T] = int\nclass C[T: int](B, k=1):\n\tx: int; y = 2\nwhile (y := f(lambda: 1)): del x\nelse: x += 1\n"))
	f.Fuzz(func(t *testing.T, source []byte) {
		names, err := pyflow.Functions(source)
		if err != nil {
			mustBeProblem(t, err)
		}
		for _, name := range append(names, "f") {
			flow, err := pyflow.Read(source, name)
			if err != nil {
				mustBeProblem(t, err)
				continue
			}
			for _, target := range []pyflow.Target{pyflow.Prefect3, pyflow.Prefect2} {
				schema, err := flow.Schema(target)
				if err != nil {
					mustBeProblem(t, err)
				} else if _, err := json.Marshal(schema); err != nil {
					t.Error(err)
				}
			}
		}
	})
}

func mustBeProblem(t *testing.T, err error) {
	t.Helper()
	var problem *pyflow.Problem
	if !errors.As(err, &problem) {
		t.Errorf("%v is a %T and no Problem", err, err)
	}
}
