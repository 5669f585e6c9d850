// Package azure is what every client of Azure in Pacific stands on: which cloud,
// who we are there, how fast we may ask, and what an error means.
//
// Call [NewCloud] first, once in a program, and share the [Cloud] between all clients. It
// holds the credential, the connections, and the token buckets that keep all clients
// together below ARM's limits. The constructors of the official SDK want what
// [Cloud.ARMOptions] and [Cloud.Credential] return. [Cloud.Subscriptions],
// [Cloud.ResourceGroup] and [Cloud.Provider] read the few facts about an account that
// need no SDK module.
//
// Clients made from a Cloud do not retry by themselves, because the right rule depends on
// the error and on what the caller does. [Explain] turns whatever such a client returns into
// an [*Error], whose [Class] says which rule applies; [Repeat] retries what passes.
package azure
