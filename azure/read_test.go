package azure_test

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/azure"
)

// TestRead: what is not there is no error, and everything else is one that names what was read.
func TestRead(t *testing.T) {
	read := func(err error) (*string, error) {
		return azure.Read(t.Context(), azure.RepeatOptions{For: "group g"}, func(context.Context) (string, error) { return "here", err })
	}
	if got, err := read(nil); err != nil || got == nil || *got != "here" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := read(&azcore.ResponseError{StatusCode: http.StatusNotFound, ErrorCode: "ResourceGroupNotFound"}); got != nil || err != nil {
		t.Errorf("missing: got %v, %v", got, err)
	}
	refusal := errors.New("no")
	if got, err := read(refusal); got != nil || !errors.Is(err, refusal) || err.Error() != "reading group g: no" {
		t.Errorf("refused: got %v, %v", got, err)
	}
}

// TestTags turns tags into the SDK's form and back.
func TestTags(t *testing.T) {
	tags := map[string]string{"a": "1", "b": ""}
	if diff := cmp.Diff(tags, azure.Tags(azure.SDKTags(tags))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]string{"a": ""}, azure.Tags(map[string]*string{"a": nil})); diff != "" {
		t.Error(diff)
	}
}
