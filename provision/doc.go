// Package provision makes what a Prefect push work pool needs in Azure, from nothing: a resource group, an application with a
// secret and a role, a credentials block, a container registry, and a managed identity that pulls from it. It does what
// Prefect's own provisioner for Azure Container Instances does, finds what that one made, and works with any Prefect server.
//
// Call [New] first, with a [Cloud]: [NewNative] asks Azure's APIs and takes seconds; [NewAz] runs the az commands of
// Prefect's provisioner. [Provisioner.Plan] says what is there and what would be made, and [Provisioner.Provision] makes it
// and returns the pool's base job template with the new defaults.
//
// The work is a list of steps:
//
//	resource group
//	app registration → secret → credentials block (kept, if its application is there and its secret works)
//	service principal → role on the resource group
//	container registry → registry login → docker build namespace
//	managed identity → role AcrPull on the registry
//	base job template
//
// All that can be refused beforehand is refused before anything is made: names, a template without a place for the defaults.
// A run that was stopped anywhere is simply repeated.
//
// Where Prefect's provisioner is wrong, this one differs on purpose: an error ends it instead of being printed; a registry
// that only has a similar name is not taken; a credentials block whose application is gone is replaced; a principal that
// Azure does not know yet is waited for.
package provision
