// Package evidence is the table of what the emulated Azure does and why we
// believe that the real one does the same. Call [All], or [Rooms] for the rows by
// service and [Markdown] for the page that docs/ shows.
//
// The table exists because an emulator that agrees with its own client proves
// nothing: whoever points Pacific at real Azure for the first time should know
// which truths were seen, which were read, and which are guesses. Each service
// room keeps its rows in a file of its own here; docs/evidence.md is made from
// them, and tests hold that no operation, setting, error code or event of the
// emulator is without a row.
package evidence

// Kind says how a behaviour is known. The zero value is not valid.
type Kind string

// The kinds, from the strongest to the weakest.
const (
	// Recorded is seen in public recordings of real Azure's answers.
	Recorded Kind = "recorded"
	// Documented is stated by a page or an API file of Microsoft, which Source names.
	Documented Kind = "documented"
	// IssueThread is reported by users or maintainers in a public thread, which Source names.
	IssueThread Kind = "issue thread"
	// Assumed is our guess; Source says what it rests on.
	Assumed Kind = "assumed"
)

// Entry is one row: a behaviour of the emulated Azure and its evidence.
//
// Operation, Setting and Code say what the row speaks for, each a list
// separated by spaces or empty. They are what the completeness test looks up.
type Entry struct {
	// Behaviour is one sentence: what the emulator does.
	Behaviour string
	// Operation holds operationIds of Microsoft's API files, such as
	// ContainerGroups_CreateOrUpdate; for services without API files the names
	// that the request log shows.
	Operation string
	// Setting holds leaves of the control API's settings, such as
	// logs.runningBytes, and names of control events, such as evict.
	Setting string
	// Code holds error codes (ResourceNotFound, AADSTS7000215) and names of container
	// events (Pulling, BackOff).
	Code string
	// Kind is how it is known.
	Kind Kind
	// Source is a public page (learn.microsoft.com/…), an API file
	// (Azure/azure-rest-api-specs …), a thread (owner/repo#number), or for Assumed
	// the reasoning.
	Source string
}

// Room is the evidence for one part of the emulator.
type Room struct {
	// Title is for people.
	Title   string
	Entries []Entry
}

// Rooms are all parts, in the order of the page.
func Rooms() []Room {
	return []Room{
		{"Sign-in and managed identities", Entra()},
		{"Azure Resource Manager", Arm()},
		{"Container Instances", Containers()},
		{"Where containers run", Engine()},
		{"Latency, throttling, quotas and faults", Faults()},
		{"The port", Listener()},
	}
}

// All is the whole table.
func All() []Entry {
	var all []Entry
	for _, room := range Rooms() {
		all = append(all, room.Entries...)
	}
	return all
}
