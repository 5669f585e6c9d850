package cmdutil

import (
	"testing"
)

func TestJobFieldFlags(t *testing.T) {
	for _, test := range []struct{ fields, want string }{
		{"cpu", "--cpu"},
		{`env["1X"]`, `--env 1X`},
		{"identities[1]", "--identity"},
		{"image_registry.username", "--registry.username"},
		{"gpu_count and gpu_sku", "--gpu-count and --gpu-sku"},
		{"command", "the command"},
		{"command[0]", "the command's program"},
		{"command[2]", "argument 2 of the command"},
		{"flow run", "flow run"},
	} {
		if got := jobFieldFlags(test.fields); got != test.want {
			t.Errorf("%s becomes %s, want %s", test.fields, got, test.want)
		}
	}
}
