// Package access says who may do what in Azure: applications and their secrets, service principals, role definitions and
// role assignments, and Pacific's own least-privilege roles with a reason for each action.
//
// Call [NewClient] first, with the azure.Cloud that the rest of the program uses. [Client.EnsureApplication],
// [Client.ReplaceSecret] and [Client.EnsureServicePrincipal] make a principal that can sign in;
// [Client.EnsureRole] and [Client.Assign] give it rights. Each of them looks before it makes something, so a program that
// was killed in the middle can simply run them again: the result is one application, one secret of a name, one service
// principal and one assignment.
//
// Microsoft Entra and Azure Resource Manager are two systems that copy from each other in seconds to minutes. A principal
// that was just made may be unknown to the other side, and a right that was just given may not count yet. The methods wait
// for the first by themselves and tell each wait to [Options.Waiting]. The second is the caller's: azure.Repeat asks what the
// right is for until the answer is no longer a refusal. Nothing here sleeps for a fixed time and hopes.
//
// Directory objects have two ids, which users and even documentation mix up: the client id (appId) is how an application
// signs in, the object id is how a service principal is given a role. The types name both.
package access
