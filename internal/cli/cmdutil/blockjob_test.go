package cmdutil

import (
	"testing"
)

func TestJobFieldFlags(t *testing.T) {
	for _, test := range []struct{ fields, want string }{
		{"cpu", "--cpu"},
		{`env["1X"]`, `--env["1X"]`},
		{"image_registry.username", "--registry.username"},
		{"gpu_count and gpu_sku", "--gpu-count and --gpu-sku"},
		{"command[0]", "the command[0]"},
		{"flow run", "flow run"},
	} {
		if got := jobFieldFlags(test.fields); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.fields, got, test.want)
		}
	}
}
