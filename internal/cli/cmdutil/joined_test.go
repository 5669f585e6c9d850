package cmdutil_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// TestJoinedErrors: errors that were joined are never run together into one sentence.
func TestJoinedErrors(t *testing.T) {
	one, two, three := errors.New("no disk"), errors.New("no network"), errors.New("no time")
	both := errors.Join(one, two)
	for _, test := range []struct {
		err  error
		want []string
	}{
		{one, []string{"no disk"}},
		{both, []string{"no disk", "no network"}},
		{errors.Join(both, three), []string{"no disk", "no network", "no time"}},
		{cmdutil.WithHint(both, "buy both"), []string{"no disk", "no network"}},
		{fmt.Errorf("starting: %w", both), []string{"starting: no disk; no network"}},
		{errors.Join(fmt.Errorf("starting: %w", both), three), []string{"starting: no disk; no network", "no time"}},
		{fmt.Errorf("%w after %w", one, two), []string{"no disk after no network"}},
		{fmt.Errorf("starting: %w", one), []string{"starting: no disk"}},
	} {
		if diff := cmp.Diff(test.want, cmdutil.Explain(test.err, nil).Problems); diff != "" {
			t.Errorf("%q (-want +got):\n%s", test.err, diff)
		}
	}
}
