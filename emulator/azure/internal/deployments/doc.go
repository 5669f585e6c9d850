// Package deployments is the service Microsoft.Resources/deployments in resource groups: templates that are validated,
// deployed and remembered. Call [Register].
//
// Package armtemplate evaluates a template. This one reads what clients send around it, puts each resource with Core.Do as
// the caller who sent the deployment, each as soon as those it depends on are done, and remembers what became of it:
//
//	PUT ──▶ Accepted ──▶ Running ─┬─ all resources and outputs are done ──▶ Succeeded
//	                              ├─ one of them failed ─────────────────▶ Failed
//	                              └─ POST cancel, or its group goes ──────▶ Canceled
//
// A deployment that has ended may be replaced by a PUT of the same name. A nested deployment is a resource like any other:
// its PUT comes back to this service, which reads its template again.
//
// Secrets are never kept: a secure parameter or output is remembered by its type alone, and messages are cleared of the
// values of secure parameters.
package deployments
