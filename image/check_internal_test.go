package image

import (
	"strings"
	"testing"
)

func TestCheckSize(t *testing.T) {
	const mega, giga = 1e6, 1e9
	for _, test := range []struct {
		size, unpacked int64
		severity       Severity
		text           string
	}{
		{20 * mega, 60 * mega, SeverityOK, "20.0 MB to pull in 3 layers, 60.0 MB unpacked"},
		{2 * giga, 5 * giga, SeverityWarning, "pulling it takes minutes"},
		{2 * giga, 16 * giga, SeverityWarning, "may refuse more than 15 GB"},
		{16 * giga, 20 * giga, SeverityError, "Container Instances take up to 15 GB"},
	} {
		r := &Report{Size: test.size, Unpacked: test.unpacked}
		r.checkSize(3)
		if len(r.Findings) != 1 {
			t.Fatalf("%+v", r.Findings)
		}
		if f := r.Findings[0]; f.Check != "size" || f.Severity != test.severity || !strings.Contains(f.Text, test.text) || (f.Advice == "") != (f.Severity == SeverityOK) {
			t.Errorf("%d and %d bytes: %+v, want %s: %s", test.size, test.unpacked, f, test.severity, test.text)
		}
		if r.Runs() != (test.severity != SeverityError) {
			t.Errorf("%d bytes: Runs is %v", test.size, r.Runs())
		}
	}
}
