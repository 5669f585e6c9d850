package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// A Deployment is a flow with where its code is, and where and when it runs.
type Deployment struct {
	// Name is unique among the flow's deployments.
	Name string
	Flow Flow
	// Version is shown with the deployment and its runs. Empty: the flow's.
	Version string
	Tags    []string
	// Parameters are defaults for the runs, as JSON has them. They need not be complete.
	Parameters map[string]any
	// EnforceSchema refuses runs whose parameters do not fit. nil: the server's default, true on 3.x, false on 2.20.
	EnforceSchema *bool
	// Schedules are when it runs. nil: those that the deployment has stay; empty: none.
	Schedules []prefect.DeploymentSchedule

	// Pool is the work pool. With Queue, a queue of it. Queue alone is an agent's.
	Pool, Queue string
	// Infrastructure is the block that an agent starts runs with, as TYPE/NAME. It goes with Queue alone.
	Infrastructure string
	// JobVariables are put over the pool's, or over the fields of Infrastructure (as a.b).
	JobVariables map[string]any

	// Image is the container's image; empty leaves it to the pool or block. Without Code the flow's code is in it.
	Image string
	// Code is sent to Storage. nil: nothing is sent, the image has the code.
	Code    *Tree
	Storage Storage
}

// Storage says where in Azure Blob Storage the code goes. Set Block or URL.
type Storage struct {
	// Block is a storage block, as TYPE/NAME: azure, azure-blob-storage-container or azure-blob-storage-credentials.
	Block string
	// Container is CONTAINER or CONTAINER/FOLDER. It is for a block of credentials, and for no other.
	Container string
	// URL is https://ACCOUNT.blob.core.windows.net/CONTAINER, or a folder below it. The code is sent as who deploys, and the
	// flow's container reads it with its own identity: no secret is kept anywhere.
	URL string
}

// Clients are how Prefect and Azure are reached.
type Clients struct {
	Prefect *prefect.Client
	// Azure is the cloud that code is sent to: with the zero value as who deploys, else as the service principal of a
	// storage block that has one. It may be nil where no code is sent.
	Azure func(context.Context, azure.CredentialOptions) (*azure.Cloud, error)
}

// An InvalidError is a deployment that cannot be meant. Nothing was sent.
type InvalidError struct {
	// Problem is one line.
	Problem string
	hint    string
}

// Error is the problem.
func (e *InvalidError) Error() string { return e.Problem }

// Hint says what to do, or is empty.
func (e *InvalidError) Hint() string { return e.hint }

func invalid(hint, format string, args ...any) error {
	return &InvalidError{fmt.Sprintf(format, args...), hint}
}

// Check refuses what cannot be meant, without asking anybody.
func (d Deployment) Check() error {
	switch {
	case d.Flow.Name == "":
		return invalid("", "the flow has no name")
	case d.Name == "":
		return invalid("", "the deployment has no name")
	case strings.ContainsAny(d.Name, "/%&<>"):
		return invalid(`Prefect refuses / % & < >`, "%q cannot be the name of a deployment", d.Name)
	case d.Pool == "" && d.Queue == "":
		return invalid("", "neither a work pool nor a work queue is given, so nothing would run the flow")
	case d.Pool != "" && d.Infrastructure != "":
		return invalid("leave one of them out", "a work pool takes no infrastructure block")
	case d.Code == nil && d.Storage != Storage{}:
		return invalid("", "storage is given, but no code to send")
	case d.Code == nil:
		return nil
	case d.Storage == Storage{}:
		return invalid("", "no storage is given for the code")
	}
	if path := d.Flow.path(); path != "" {
		if _, ok := d.Code.find(path); !ok {
			return invalid("correct "+IgnoreFile, "%s leaves out %s, which has the flow", IgnoreFile, path)
		}
	}
	return nil
}

// The objects of a [MissingError].
const (
	ObjectPool  = "work pool"
	ObjectBlock = "block"
)

// A MissingError is something that a deployment names and that the server does not have.
type MissingError struct {
	// Object is [ObjectPool] or [ObjectBlock]; Name is the pool's, or the block's as TYPE/NAME.
	Object, Name string
	cause        error
}

// Error says what is not there.
func (e *MissingError) Error() string { return "there is no " + e.Object + " " + e.Name }

// Unwrap returns the server's answer.
func (e *MissingError) Unwrap() error { return e.cause }

// asMissing is a server's 404 in words. Other errors stay.
func asMissing(err error, object, name string) error {
	if answer, ok := errors.AsType[*prefect.Error](err); ok && missing(err) && !answer.NoSuchRoute() {
		return &MissingError{object, name, err}
	}
	return err
}

// missing reports whether an error says that an object is not there.
func missing(err error) bool { return errors.Is(err, prefect.ErrNotFound) }

// Skipped is what is in the folder of the code and is not sent.
func (d Deployment) Skipped() []Skipped {
	if d.Code == nil {
		return nil
	}
	return d.Code.Skipped
}
