package job

import (
	"errors"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// nameTaken adds what to do about a name that another job has. where are the
// flags with which kill finds it.
func nameTaken(err error, where []string) error {
	e, ok := errors.AsType[*aci.ExistsError](err)
	switch {
	case !ok:
		return err
	case !e.Group.Managed:
		return cmdutil.WithHint(err, "choose another name: pacific did not make that container group")
	}
	return cmdutil.WithHint(err, "choose another name, or delete it with: {}", cmdutil.KillJob(where, e.Group.Name))
}
