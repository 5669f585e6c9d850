package bootstrap

import (
	"fmt"
	"time"
)

// TemplateError is a template, or its parameters, that Azure Resource Manager would refuse. It wraps an *armtemplate.Error.
type TemplateError struct{ Err error }

// Error says what is wrong.
func (e *TemplateError) Error() string { return e.Err.Error() }

// Unwrap gives the template's own error.
func (e *TemplateError) Unwrap() error { return e.Err }

// ElsewhereError is a resource group in another region than the one that was asked for.
type ElsewhereError struct{ Group, Location, Asked string }

// Error names both regions.
func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("resource group %s is in %s, not in %s", e.Group, e.Location, e.Asked)
}

// LocationError is a region in which something of the template cannot be, or that there is not.
type LocationError struct {
	Kind     Kind
	Location string
	// Known are the regions that have such resources, as Azure's ids spell them.
	Known []string
}

// Error names the region.
func (e *LocationError) Error() string {
	return fmt.Sprintf("no %s can be made in location %q", e.Kind, e.Location)
}

// ParameterError is a parameter of a template whose value is not valid as the name of a resource.
type ParameterError struct {
	// Parameter is its name in the template.
	Parameter string
	// Err says what is wrong with the name; it is a [*NameError].
	Err error
}

// Error names the parameter.
func (e *ParameterError) Error() string { return "parameter " + e.Parameter + ": " + e.Err.Error() }

// Unwrap gives what is wrong with the name.
func (e *ParameterError) Unwrap() error { return e.Err }

// ForeignError is a resource that has the name of one of ours and was made by somebody else.
type ForeignError struct {
	Kind Kind
	Name string
	// Prefix is that of the environment which the resource is of, where it is the one that was asked for in other letters;
	// else empty.
	Prefix string
}

// Error names the resource.
func (e *ForeignError) Error() string {
	if e.Prefix != "" {
		return fmt.Sprintf("%s %s is of the environment with the prefix %s: Azure's names ignore case", e.Kind, e.Name, e.Prefix)
	}
	return fmt.Sprintf("%s %s exists, and was not made by bootstrap", e.Kind, e.Name)
}

// Hint says what to choose.
func (e *ForeignError) Hint() string {
	if e.Prefix != "" {
		return "spell the prefix as it is there, or choose another one"
	}
	if e.Kind == KindVault {
		return "choose another name for the key vault, or another prefix for all names"
	}
	return "choose another prefix for the names, or another resource group"
}

// VaultNameError is the name of a key vault that cannot be used, because something elsewhere holds it.
type VaultNameError struct {
	Name string
	// Reason says what holds it.
	Reason string
	// Deleted: it is a deleted vault of this subscription.
	Deleted bool
	// Foreign: it was in our place, and somebody else made it.
	Foreign bool
	// Group and Prefix are those of the environment elsewhere that it is of; empty: it is of none.
	Group, Prefix string
}

// Error names the vault and what holds its name.
func (e *VaultNameError) Error() string {
	return fmt.Sprintf("the key vault name %s is taken: %s", e.Name, e.Reason)
}

// Hint says how to get a free name.
func (e *VaultNameError) Hint() string {
	if e.Deleted && !e.Foreign {
		return "purge the deleted key vault, or choose another name for the new one"
	}
	return "choose another name for the key vault"
}

// WaitError is a wait for Azure that came to its limit. What is waited for goes on.
type WaitError struct {
	// For is what is waited for, and State what Azure says of it.
	For, State string
	Limit      time.Duration
}

// Error says what is waited for, for how long, and in which state that is.
func (e *WaitError) Error() string {
	return fmt.Sprintf("%s has not ended after %s: %s", e.For, e.Limit, e.State)
}

// Hint says how to go on.
func (e *WaitError) Hint() string {
	return "it goes on in Azure: run the same command again to wait for it, or look at it in the portal"
}

// WorkerError is a worker that does not stay up.
type WorkerError struct {
	// Name is the container group's name.
	Name string
	// Problem says what it does instead.
	Problem string
	// Output are the last lines that it printed; empty: none, or they cannot be read.
	Output string
}

// Error says what the worker does.
func (e *WorkerError) Error() string {
	text := fmt.Sprintf("worker %s does not run: %s", e.Name, e.Problem)
	if e.Output != "" {
		text += "; its last output:\n" + e.Output
	}
	return text
}

// Hint says where to look.
func (e *WorkerError) Hint() string {
	return "its output says why; the rest of the environment is there"
}
