package azure_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/pacific-aci/pacific/azure"
)

// TestRepeatEndsWithItsContext: the error is one sentence, and has what Azure answered and why the repeats ended.
func TestRepeatEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		asked := 0
		err := azure.Repeat(ctx, azure.RepeatOptions{For: "the registry"}, func(context.Context) error {
			asked++
			return &azcore.ResponseError{StatusCode: 503, ErrorCode: "ServerBusy"}
		})
		if e := azure.Explain(err); e == nil || e.Status != 503 || !errors.Is(err, context.DeadlineExceeded) || asked < 3 {
			t.Fatalf("asked %d times, got %v", asked, err)
		}
		if got, want := err.Error(), "waited 20s for the registry: "+azure.Explain(err).Error(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}
