package job

import (
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// TestJobFieldsHaveFlags holds the table of fields to flags that exist.
func TestJobFieldsHaveFlags(t *testing.T) {
	run := NewRun(cmdutil.NewApp(cmdutil.Env{Args: []string{}}))
	for field, flag := range cmdutil.FlagOfField {
		if flag != "the command" && run.Flags().Lookup(flag) == nil {
			t.Errorf("%s: run has no flag --%s", field, flag)
		}
	}
}
