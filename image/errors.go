package image

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/pacific-aci/pacific/azure"
)

// DeniedError says that a registry refuses a principal, or takes no credential that there is.
type DeniedError struct {
	// Server is the registry's host.
	Server string
	// Doing is what was refused: sign in, push IMAGE or pull IMAGE.
	Doing string
	// Status is the HTTP status, 401 or 403.
	Status int
}

// Error says what was refused, and where.
func (e *DeniedError) Error() string {
	return fmt.Sprintf("%s: refused by %s (HTTP %d)", e.Doing, e.Server, e.Status)
}

// Hint says which rights registries in Azure ask for.
func (e *DeniedError) Hint() string {
	return "pulling needs the role AcrPull on the registry, pushing AcrPush; a new assignment can take some minutes to take effect"
}

// NotFoundError says that an image is not in its registry.
type NotFoundError struct {
	// Image is the image's name as it was given.
	Image string
}

// Error names the image.
func (e *NotFoundError) Error() string { return "no image " + e.Image }

// explain makes of a registry's error what callers decide on.
func explain(ctx context.Context, doing, server string, err error) error {
	answer, ok := errors.AsType[*transport.Error](err)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", doing, context.Cause(ctx))
	case ok && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden):
		return &DeniedError{Server: server, Doing: doing, Status: answer.StatusCode}
	}
	return fmt.Errorf("%s: %w", doing, azure.Plain(err))
}

// notThere reports whether a registry says that it has no such image. A 404 without such a code is a gateway's, or comes
// from an address where no registry is (the codes are those of the OCI distribution specification).
func notThere(err error) bool {
	answer, ok := errors.AsType[*transport.Error](err)
	return ok && answer.StatusCode == http.StatusNotFound && slices.ContainsFunc(answer.Errors, func(d transport.Diagnostic) bool {
		return d.Code == transport.ManifestUnknownErrorCode || d.Code == transport.NameUnknownErrorCode
	})
}
