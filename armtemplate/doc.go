// Package armtemplate evaluates Azure Resource Manager (ARM) templates: the JSON that people write and that Bicep compiles
// to. It is pure: it reads no file and sends nothing.
//
// Call [Parse] with the text of a template, then [Template.Evaluate] with parameters and the place of the deployment:
//
//	t, err := armtemplate.Parse(text)
//	d, err := t.Evaluate(ctx, armtemplate.Options{
//		Parameters: parameters, // from ParseParameters, or made by hand
//		Scope:      armtemplate.Scope{SubscriptionID: id, ResourceGroup: "aci-rg", Location: "northeurope"},
//	})
//	for _, r := range d.Resources { … }
//
// Evaluate does all that ARM does before it sends anything: it checks the parameters, computes the variables, unrolls the
// loops, decides the conditions, and finds out what depends on what. What only the running deployment can know, the results
// of reference and of the list functions, stays an expression: [Resource.Body] without a [Resolver] writes "[reference(…).x]"
// with everything that is known filled in, which makes a plan. To deploy, take the resources in the order of
// [Deployment.Batches], call Body with a Resolver for each when those that it depends on are done, and [Deployment.Outputs]
// at the end.
//
// A nested template comes as a resource of the type Microsoft.Resources/deployments, whose body a server deploys in its
// turn. [Resource.Nested] evaluates it in place, and [Deployment.Flatten] a whole tree of them.
//
// Every error about a template is an [*Error], in ARM's words, with line, column and expression. What this package does not
// do is an error for which errors.Is(err, [ErrUnsupported]) holds: deployment stacks, linked templates by URL, and
// extensions other than Azure's. No input makes it run away: see [Limits].
package armtemplate
