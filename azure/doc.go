// Package azure is what every client of Azure in Pacific stands on: which cloud,
// who we are there, how fast we may ask, and what an error means.
//
// Call [NewCloud] first, once for a program, and hand the [Cloud] to all that talk
// to Azure: it holds the credential, the connections and the token buckets that keep
// every client below ARM's limits together. [Cloud.ARMOptions] and [Cloud.Credential]
// are what the constructors of the official SDK want; [Cloud.Subscriptions],
// [Cloud.ResourceGroup] and [Cloud.Provider] are the few facts about an account that
// need no SDK module.
//
// Clients made from a Cloud do not repeat a request by themselves: the right rule
// differs by error, so it lives with the caller. [Explain] turns whatever such a client
// returns into an [*Error], whose [Class] says which rule that is.
package azure
