package cmdutil

import (
	"slices"

	"github.com/pacific-aci/pacific/access"
)

// The names of Pacific's own roles on the command line.
const (
	RoleJobCreator = "aci-job-creator"
	RoleWorker     = "worker"
)

// RoleNames are the names of Pacific's own roles.
var RoleNames = []string{RoleJobCreator, RoleWorker}

// OwnRole finds one of Pacific's own roles; flag says where its name was given.
func OwnRole(flag, name string) (access.Role, error) {
	switch {
	case name == RoleJobCreator:
		return access.JobCreator, nil
	case name == RoleWorker:
		return access.Worker, nil
	}
	return access.Role{}, UnknownValue(flag, name, slices.Clone(RoleNames))
}
