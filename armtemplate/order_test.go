package armtemplate_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestOrder has resources with what they say of others, and what each then waits for.
func TestOrder(t *testing.T) {
	one := func(name, rest string) string {
		return `{"type": "A.B/c", "apiVersion": "1", "name": "` + name + `"` + rest + `}`
	}
	id := func(name string) string { return "resourceId('A.B/c', '" + name + "')" }
	for _, c := range []struct {
		resources []string
		want      string // name<what it waits for, or ! and a part of the error
	}{
		{[]string{one("a", `, "dependsOn": ["[`+id("b")+`]", "A.B/c/d", "e", null]`), one("b", ""), one("d", ""), one("e", "")}, "a<b d e; b<; d<; e<"},
		{[]string{one("a", `, "properties": "[reference('b')]"`), one("b", `, "dependsOn": ["c"]`), one("c", "")}, "a<b; b<c; c<"},
		{[]string{one("a", `, "properties": "[reference(`+id("b")+`)]"`), one("b", "")}, "a<b; b<"},
		{[]string{one("a", `, "properties": "[reference(`+id("b")+`, '1')]"`), one("b", "")}, "a<b; b<"},
		{[]string{one("a", `, "properties": "[reference(`+id("b")+`, '1')]"`), one("b", `, "dependsOn": ["a"]`)}, "a<; b<a"},
		{[]string{one("a", `, "properties": "[reference(`+id("b")+`, '1')]"`), one("b", `, "properties": "[reference(`+id("a")+`, '1')]"`), one("c", `, "properties": "[reference(`+id("a")+`, '1')]"`)}, "a<; b<; c<a"},
		{[]string{one("a", `, "properties": "[reference('b')]"`), one("b", `, "dependsOn": ["a"]`)}, "!Circular dependency"},
		{[]string{one("a", `, "dependsOn": ["a"]`)}, "!The template resource 'A.B/c/a' cannot reference itself."},
		{[]string{one("a", `, "properties": "[reference('a')]"`)}, "!The template resource 'A.B/c/a' cannot reference itself."},
		{[]string{one("a", `, "properties": "[reference(`+id("a")+`)]"`)}, "!cannot reference itself."},
		{[]string{one("a", `, "properties": "[reference(`+id("a")+`, '1')]"`)}, "a<"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2}, "properties": "[if(equals(copyIndex(), 0), 1, reference('a0'))]"`)}, "a0<; a1<a0"},
		{[]string{one("a", `, "properties": "[if(false(), reference('b'), 1)]"`), one("b", "")}, "a<; b<"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2}`), one("b", `, "dependsOn": ["loop"]`), one("c", `, "dependsOn": ["a1"]`)}, "a0<; a1<; b<a0 a1; c<a1"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 5, "mode": "Serial", "batchSize": 2}`)}, "a0<; a1<; a2<a0 a1; a3<a0 a1; a4<a2 a3"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 3, "mode": "serial"}`)}, "a0<; a1<a0; a2<a1"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2, "mode": "serial", "batchSize": "[add(1, 1)]"}`)}, "a0<; a1<"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2, "mode": "serial", "batchSize": 3}`)}, "!has an invalid copy batch size. The copy batch size must be a non-negative integer value and cannot exceed the copy count '2'."},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2, "mode": "serial", "batchSize": 0}`)}, "!invalid copy batch size"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2, "mode": "serial", "batchSize": "1"}`)}, "!invalid copy batch size"},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 0, "mode": "serial", "batchSize": 3}`)}, ""},
		{[]string{one("[concat('a', copyIndex())]", `, "copy": {"name": "loop", "count": 2, "mode": "many"}`)}, "!invalid copy mode 'many'"},
		{[]string{one("a", `, "properties": {"copy": [{"name": "loop", "count": 2, "batchSize": 1, "input": 1}]}`)}, "!only copies of resources have batches"},
		{[]string{one("a", `, "dependsOn": ["loop"]`), one("[concat('b', copyIndex())]", `, "copy": {"name": "loop", "count": 0}`)}, "a<"},
		{[]string{one("a", `, "dependsOn": ["b"]`), one("b", `, "condition": false, "dependsOn": ["c"]`), one("c", "")}, "a<; c<"},
		{[]string{one("a", `, "resources": [{"type": "d", "apiVersion": "1", "name": "x", "dependsOn": ["a"], "resources": [{"type": "e", "apiVersion": "1", "name": "y", "dependsOn": ["x"]}]}]`),
			one("b", `, "dependsOn": ["[resourceId('A.B/c/d/e', 'a', 'x', 'y')]"]`)}, "a<; a/x<a; a/x/y<a/x; b<a/x/y"},
		{[]string{one("a", `, "resources": [{"type": "A.B/c/d", "apiVersion": "1", "name": "a/x", "dependsOn": ["a"]}]`)}, "a<; a/x<a"},
		{[]string{one("a", `, "dependsOn": ["x"], "properties": "[reference('y')]"`), `{"type": "A.B/c/d", "apiVersion": "1", "name": "p/x"}`, `{"type": "A.B/c/d", "apiVersion": "1", "name": "p/y"}`}, "a<p/x p/y; p/x<; p/y<"},
		{[]string{one("a", `, "condition": "[equals(1, 2)]"`), one("a", "")}, "a<"},
		{[]string{one("a", `, "properties": {"x": "[reference('b').x]"}`), one("b", `, "condition": false`)}, "a<"},
		{[]string{one("a", `, "dependsOn": "[createArray('b')]"`), one("b", "")}, "a<b; b<"},
		{[]string{one("a", `, "dependsOn": [1]`)}, "!must hold strings"},
	} {
		d, err := tryEvaluate(template(`"resources": [`+strings.Join(c.resources, ",")+`]`), "")
		if fragment, fails := strings.CutPrefix(c.want, "!"); fails {
			if err == nil || !strings.Contains(err.Error(), fragment) {
				t.Errorf("%s: error %v; want %q", c.resources, err, fragment)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.resources, err)
			continue
		}
		var got []string
		for _, r := range d.Resources {
			if r.Skipped {
				continue
			}
			var on []string
			for _, o := range r.DependsOn {
				on = append(on, o.Name)
			}
			got = append(got, r.Name+"<"+strings.Join(on, " "))
		}
		if all := strings.Join(got, "; "); all != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.resources, all, c.want)
		}
	}
}

// TestManyReferences holds the cost of the order down: 150 resources that all refer to each other.
func TestManyReferences(t *testing.T) {
	d := evaluate(t, template(`"variables": {"all": "[range(0, 150)]"}`,
		`"resources": [{"copy": {"name": "loop", "count": 150}, "type": "A.B/c", "apiVersion": "1", "name": "[string(copyIndex())]",
			"properties": {"copy": [{"name": "x", "count": 150, "input": "[reference(resourceId('A.B/c', string(copyIndex('x'))), '1').y]"}]}}]`,
	), "")
	if n := len(d.Resources); n != 150 {
		t.Fatal(n)
	}
	for _, r := range d.Resources {
		if len(r.DependsOn) != 0 {
			t.Fatal(fmt.Sprint(r, " waits for ", len(r.DependsOn)))
		}
	}
}
