package worker

import (
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// Identifier is what Prefect keeps of a flow run's infrastructure (infrastructure_pid), in the form of Prefect's own worker:
// the run's id, a colon and the container group's name.
func Identifier(run prefect.ID, group string) string { return string(run) + ":" + group }

// GroupOf reads the container group's name out of an identifier: of a worker, which has the run's id before it, or of an agent
// of Prefect 2, which has the name alone. Empty for what is neither.
func GroupOf(identifier string) string {
	run, group, both := strings.Cut(identifier, ":")
	if !both {
		return run
	}
	if strings.Contains(group, ":") {
		return ""
	}
	return group
}
