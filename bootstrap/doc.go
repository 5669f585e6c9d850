// Package bootstrap makes the environment in which Prefect flows run on Azure Container Instances: a virtual network whose
// subnet has a way out, a key vault with its secrets, a managed identity that may read them, and a container group with a
// worker.
//
// All of it is one ARM template, [Template], which every ARM client deploys. Call [New] first. [Bootstrapper.Plan] evaluates
// the template and says what is there and what would be made; [Bootstrapper.Bootstrap] makes it by one deployment, and
// [Bootstrapper.Destroy] deletes what was made. A template of the caller's can take the place of ours: see [Request.Template].
//
// The work is a list of steps:
//
//	resource group
//	resource providers (registered, where the subscription has not used them yet)
//	deleted key vault  (recovered, where the vault's name is held by it)
//	deployment         (a running one under the same name is waited for)
//	worker             (it runs)
//
// A run that was stopped anywhere is simply repeated. What the template makes has [TagEnvironment], and only that is ever
// deleted.
package bootstrap
