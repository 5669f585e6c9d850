package e2e

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed versions
var versionsFile string

// pinned reads a line of the file versions, which e2e/setup reads too.
func pinned(name string) string {
	for line := range strings.Lines(versionsFile) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return value
		}
	}
	panic(fmt.Sprintf("e2e/versions has no %s", name))
}
