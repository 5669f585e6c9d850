// Package prefect is a client of Prefect's REST API: self-hosted servers of 3.x and 2.20, and Prefect Cloud.
//
// Call [NewClient] first, with at least the API's URL. Every resource is then a method of the [Client]: a noun reads one
// ([Client.FlowRun]), a plural walks a list page by page ([Client.FlowRuns]), Create, Update, Delete and Set write. The
// client is safe for use by many goroutines and holds no connection that must be closed.
//
// What can go wrong is told apart with errors.Is: [ErrNotFound], [ErrConflict], [ErrInvalid], [ErrUnauthorised],
// [ErrForbidden], [ErrConnection], [ErrUnavailable], [ErrUnsupported] and [ErrNotPrefect]; errors.AsType[*[Error]] gives
// the server's own words, and [Error.Hint] what to do. What may pass by itself is repeated as Prefect's own client does, and every write is safe to repeat: by the
// server's idempotency keys and transition ids where it has them, else by reading what became of the first attempt.
//
// Numbers in values of type any are [encoding/json.Number], so that 1 and 1.0 stay what they were. Pages are of 200 items, the
// server's limit, and only one is held at a time.
//
// [Client.NewLogSender] batches log lines as Prefect does, [Client.NewEventPublisher] and [Client.SubscribeEvents] are
// the two directions of the events websocket. What differs between 3.x and 2.20 is written down once, in version.go.
package prefect
