package jinja_test

import (
	"runtime"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/jinja"
)

// A template is rendered while everybody else waits: none may take long, or all memory.
func TestRenderIsShort(t *testing.T) {
	if text, err := jinja.Render(`{{ (-1) ** 1000000001 }}{{ 1 ** 1000000000 }}{{ 0 ** 1000000000 }}{{ (-1) ** 1000000000 }}`); err != nil || text != "-1101" {
		t.Errorf("got %q, %v, want -1101", text, err)
	}
	double := strings.Repeat(`{% set a = a ~ a %}`, 60)
	for _, template := range []string{
		`{% set a = "aa" %}` + double,
		`{% set a = "aa" %}` + strings.ReplaceAll(double, "~", "+"),
		`{% set a = [1] %}` + strings.ReplaceAll(double, "~", "+"),
		`{{ "a" * 1000000000 }}`, `{{ ("a" * 1000000) | replace("a", "b" * 1000000) }}`, `{{ ("a" * 1000000) | join("b" * 1000000) }}`,
		`{{ 9 ** 9 ** 9 }}`,
	} {
		before := allocated()
		if text, err := jinja.Render(template); err == nil || !strings.Contains(err.Error(), "does not render") {
			t.Errorf("%.60s: got %.60q, %v, want it refused", template, text, err)
		}
		if used := allocated() - before; used > mostWork {
			t.Errorf("%.60s allocated %d bytes", template, used)
		}
	}
}

// mostWork bounds what a refused template may allocate on the way. It is counted, because a time depends on what else
// the machine does. The race detector doubles it.
const mostWork = 200 << 20

// allocated is how many bytes this process has allocated since it began.
func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}
