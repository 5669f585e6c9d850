// Package flow turns Go functions into Prefect flows.
//
// Use it for programs that a Prefect server should start, retry and show: each run has states, logs and a graph of its tasks,
// as a flow in Python has. A program that only needs to run in a container needs no flow.
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
// Call it with [Flow.Run], from anywhere. With a client in the context ([WithClient]) the run appears on that server. Without
// one it runs just the same, with its retries, timeouts and logs, and no server knows of it.
//
// # Tasks
//
// [Task] calls a function as a task of the context's flow run, and returns what the function returns. Its types are inferred
// from the function. It runs in the caller's goroutine: to run several tasks at once, start goroutines as usual, with
// golang.org/x/sync/errgroup or a sync.WaitGroup, and wait for them before the flow returns. [Do] is for functions without
// input and result.
//
// A task takes one input, which may be a struct. Its name says what it does and stays the same; each call with it is a run of
// its own: fetch-0, fetch-1, and so on.
//
// A timeout or a panic of a task is returned as an error. A flow that returns that error becomes Failed, or Crashed for a panic.
//
// Prefect's UI draws an edge between two tasks if the input of one shares a string, slice, map or pointer with the result of
// the other; the flow's parameters count too. Numbers, and strings that were built from a result, leave no trace: use [After]
// to name the tasks that such an input comes from. Elements of slices are compared as well, but nothing behind a pointer or
// in a map. Equal string constants may share their memory, and so draw an edge that nobody meant. Of the
// results, only the last 16 MB are followed.
//
// To run a subflow, call another flow with the context of this one. It has states, logs and a page of its own.
//
// # When something goes wrong
//
// A function fails by returning an error. [Retries] runs it again; [Timeout] ends its context. The state of a run follows from
// how the function ends:
//
//	nil                                   Completed
//	an error                              Failed
//	an error after the Timeout            Failed, named TimedOut
//	a panic                               Crashed, with the panic's value; the stack is in the log
//	its context ended                     Cancelled
//	cancelled on the server               Cancelled; the context's cause is ErrCancelled
//	SIGTERM or SIGINT under Main          Crashed; the cause is a *SignalError
//
// To clean up after its context has ended, a function uses context.WithoutCancel(ctx), with a timeout of two or three seconds.
// If the clean-up fails, it returns that error: it is added to the run's error and to the message of its state.
//
// A cancellation on the server is noticed within ten seconds. Functions must watch their context: if a flow has not returned
// five seconds after its context ended, its state is reported anyway, and its goroutine is left behind. A panic in a goroutine
// that the flow itself started ends the process, as in any Go program. If [Main] is the first process of a container, the run
// still becomes Crashed.
//
// # Parameters
//
// Parameters are named as encoding/json names the fields. [Flow.Run] takes the struct as it is. Parameters from a deployment or
// the command line replace the defaults, and are checked: an unknown name, a missing value or a wrong type fails the run
// with a [*ParameterError] before the function is called, in nested structs too. [Flow.ParameterSchema] is their schema for
// a deployment.
//
// # Logs
//
// Under [Main], slog.InfoContext(ctx, …) is enough: the record goes to standard error, and to the server with its flow run or
// task run. [Logger] returns a logger for the run, for code without a context. [NewHandler] is for programs that have a
// handler already. The start and the end of a run are logged automatically.
//
// # Blocks and variables
//
// [Client] is the server's client in a flow, to read what is configured there. Without a server it is nil:
//
//	client := flow.Client(ctx)
//	if client == nil {
//		return errors.New("this flow needs PREFECT_API_URL")
//	}
//	block, err := client.BlockDocumentByName(ctx, "string", "kv-url", prefect.MaskSecrets)
//
// # Artifacts
//
// [Markdown], [Link] and [Table] put something on the run's page, and [Progress] shows a bar there, in one line of code each.
//
// # Evicted containers
//
// Azure may take a container away and start it again with the same flow run. With [Results], tasks whose results are already
// stored are not run again, in the flow and in its subflows:
//
//	flow.New("nightly", nightly, flow.Results(flow.Dir("/mnt/results")))
//
// A result is found by its flow run, its task's name and its input: a task that also depends on something else, such as the time,
// should have it in its input. Old results are not deleted.
//
// For that, the run must not have ended: see [Main] for how SIGTERM makes it AwaitingRetry instead of Crashed.
//
// # Tests
//
// A flow is a function: a test can call it without a server. Package flowtest runs it with one, in fake time.
//
// # Servers
//
// Prefect 3 and 2.20 are supported. On 3.x, the states of task runs are sent as events, as Prefect's own client sends them:
// they appear some seconds later, and concurrency limits on tags do not hold back tasks. On 2.20, the server decides each
// change of a state.
package flow
