// Package evidence holds the evidence of the emulated Azure against its code. It has tests alone.
//
// An emulator that agrees with its own client proves nothing: whoever points Pacific at real Azure for the first time
// should know which truths were seen, which were read, and which are guesses. So each service has a file evidence.md
// beside its code, a table with one row a behaviour, and docs/evidence.md is their sum. The columns are:
//
//   - behaviour: one sentence, what the emulator does;
//   - speaks for: the operations (ContainerGroups_Get), settings and control events (latency.pull, evict), error codes and
//     container events (ResourceNotFound, Pulling) that the row is the evidence for, each in backquotes, or nothing;
//   - evidence: "recorded" is seen in public recordings of real Azure's answers, "documented" stated by a page or an API
//     file of Microsoft, "issue thread" reported by users or maintainers in a public thread, "assumed" our guess;
//   - source: the page, API file or thread (owner/repo#number), or what a guess rests on.
//
// The tests hold that no operation, setting, error code or event is without a row beside the code that has it, and no row
// is about an operation or setting that there is not. After a change, UPDATE=1 go test ./emulator/azure/internal/evidence
// writes docs/evidence.md.
package evidence
