package cli

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// TestTakenSignals: a command that hands on signals is ended by none of them.
func TestTakenSignals(t *testing.T) {
	for _, taken := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			signals := make(chan os.Signal)
			a := cmdutil.NewApp(cmdutil.Env{Args: []string{}, Signals: signals})
			if taken {
				a.TakeSignals()
			}
			ctx, again, stop := listen(t.Context(), a)
			defer stop()
			signals <- syscall.SIGTERM
			time.Sleep(time.Minute)
			signals <- syscall.SIGTERM
			synctest.Wait()
			if ended := ctx.Err() != nil; ended == taken {
				t.Errorf("taken %v: the context has ended: %v", taken, ended)
			}
			if left := len(again) > 0; left == taken {
				t.Errorf("taken %v: the second signal ends Pacific: %v", taken, left)
			}
		})
	}
}
