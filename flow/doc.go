// Package flow makes Prefect flows of Go functions.
//
// It is for programs whose work should be seen, retried and started by a Prefect server: each run has states, logs and a graph
// of its tasks, as a flow in Python has. A program that only needs to run in a container needs no flow.
//
// # A flow
//
// A flow is a function of a context and a struct of parameters. [New] gives it its name:
//
//	type Params struct {
//		Vault  string `json:"vault" doc:"URL of the vault"`
//		Secret string `json:"secret" default:"testsecret"`
//	}
//
//	var keyVaultDemo = flow.New("Key Vault Demo", func(ctx context.Context, p Params) (int, error) {
//		secret, err := flow.Task(ctx, "read secret", readSecret, p, flow.Retries(3, time.Second, 10*time.Second))
//		if err != nil {
//			return 0, err
//		}
//		slog.InfoContext(ctx, "the secret was read", "bytes", len(secret))
//		return len(secret), nil
//	})
//
//	func main() { flow.Main(keyVaultDemo) }
//
// It is called with [Flow.Run], from anywhere. With a client in its context ([WithClient]) the run is on that server; without
// one it only runs, with the same retries, timeouts and logs.
//
// # Tasks
//
// [Task] calls a function as a task of the flow run that the context belongs to, and returns what it returned. Its types follow
// from the function. It runs in the caller's goroutine: to run several at once, start goroutines, with golang.org/x/sync/errgroup
// or a sync.WaitGroup as anywhere. [Do] is for functions without input and result.
//
// What ends a task, its timeout or its panic, comes back as an error; a flow that returns it has Failed, or Crashed for a panic.
//
// The edges of the graph in Prefect's UI come by themselves where a task's input refers to the same text, slice, map or pointer
// as another's result or a parameter of the flow. Numbers and new text that was made of a result leave no trace; [After] names
// the tasks to draw an edge from. A text that stands in the program once is one text wherever it is used. For this the
// elements of slices are read, though nothing behind pointers or in maps. Of results only the last 16 MB are followed.
//
// A flow that calls another one with its context makes it a subflow.
//
// # When something goes wrong
//
// A function fails by returning an error. [Retries] runs it again, [Timeout] ends its context. What a run becomes:
//
//	nil                                   Completed
//	an error                              Failed
//	an error after the Timeout            Failed, named TimedOut
//	a panic                               Crashed, with the panic's value; the stack is in the log
//	its context ended                     Cancelled
//	cancelled on the server               Cancelled; the context's cause is ErrCancelled
//	SIGTERM or SIGINT under Main          Crashed; the cause is a *SignalError
//
// Cancelling on the server is noticed within ten seconds. Functions must watch their context: a flow that has not returned five
// seconds after its context ended is reported without it, and its goroutine is left behind. A panic in a goroutine that
// the flow has started itself ends the process, as in any Go program; under [Main] as the first process of a container, that
// too is reported.
//
// # Parameters
//
// The names are those of encoding/json. [Flow.Run] takes the struct as it is. Parameters that come from a deployment or the command line
// are laid over the defaults, and are held against the struct: an unknown name, a missing one or another type fails the run
// with a [*ParameterError] before the function is called. [Flow.ParameterSchema] is their schema for a deployment.
//
// # Logs
//
// Under [Main] slog.InfoContext(ctx, …) is enough: the record is written to standard error and sent to the server under its flow
// or task run. [Logger] gives a logger that is bound to the run, for code without a context. [NewHandler] is for programs with a
// handler of their own. Where a run begins and how it ends stands in its log by itself.
//
// # Artifacts
//
// [Markdown], [Link] and [Table] leave something to look at on the run's page, and [Progress] shows a bar, in one line each.
//
// # Evicted containers
//
// Azure may take a container away and start it again with the same flow run. With [Results] the tasks whose results were stored
// before are not run again, those of subflows among them:
//
//	flow.New("nightly", nightly, flow.Results(flow.Dir("/mnt/results")))
//
// That needs a run that may go on: [Main] says how SIGTERM makes it AwaitingRetry in place of Crashed.
//
// # Tests
//
// A flow is a function: call it, without a server. Package flowtest tests it with one, in fake time.
//
// # Servers
//
// Prefect 3 and 2.20 are supported. On 3.x states of task runs are sent as events, as its own client does: they arrive some seconds later, and
// limits of concurrency by tag do not hold back tasks. On 2.20 the server is asked for each of them.
package flow
