package bench

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/emulator/azure"
)

// jobs is a client of Pacific's own on an Azure in the same process.
type jobs struct {
	server *azureemulator.Server
	client *aci.Client
}

func startJobs(t *testing.T, container azureemulator.ContainerFunc) *jobs {
	t.Helper()
	ctx := t.Context()
	server, err := azureemulator.NewServer(azureemulator.Options{Engine: azureemulator.Func(container)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	account := server.Account()
	cloud, err := azure.NewCloud(ctx, azure.Options{Transport: server.Transport(), Credential: azure.CredentialOptions{
		Method: azure.MethodClientSecret, TenantID: account.TenantID, ClientID: account.ClientID, ClientSecret: account.ClientSecret,
	}})
	if err != nil {
		t.Fatal(err)
	}
	credential, err := cloud.Credential()
	if err != nil {
		t.Fatal(err)
	}
	groups, err := armresources.NewResourceGroupsClient(account.SubscriptionID, credential, cloud.ARMOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := groups.CreateOrUpdate(ctx, resourceGroup, armresources.ResourceGroup{Location: new("westeurope")}, nil); err != nil {
		t.Fatal(err)
	}
	client, err := aci.NewClient(aci.Config{Cloud: cloud, Subscription: account.SubscriptionID, ResourceGroup: resourceGroup, Location: "westeurope"})
	if err != nil {
		t.Fatal(err)
	}
	return &jobs{server: server, client: client}
}

// withoutAttach refuses every attach, so that only polling is left.
func (j *jobs) withoutAttach(t *testing.T) {
	t.Helper()
	err := j.server.AddFault(azureemulator.Fault{
		Match:  azureemulator.Match{Operation: "Containers_Attach"},
		Effect: azureemulator.Effect{Status: 400, Code: "AttachNotSupported", Message: "no attach here"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// printer prints numbered lines of 80 bytes that say when they were printed.
type printer struct {
	rate int
	took time.Duration
	// quiet is how long it goes on without a word. A stopped container keeps 16 KB of its output, so that nobody who
	// only polls can have the last seconds of one that prints to its end.
	quiet time.Duration
}

const lineBytes = 80

// run prints what is due every 10 ms, as a busy program's output comes.
func (p printer) run(ctx context.Context, c azureemulator.ContainerCall) int {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for printed, total := 0, p.total(); printed < total; {
		due := min(total, int(time.Since(began).Seconds()*float64(p.rate)))
		var text []byte
		for ; printed < due; printed++ {
			line := fmt.Appendf(nil, "%d %d ", printed, time.Now().UnixNano())
			text = append(append(text, line...), bytes.Repeat([]byte{'.'}, lineBytes-1-len(line))...)
			text = append(text, '\n')
		}
		c.Spec.Output.Write(text)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return 143
		}
	}
	select {
	case <-time.After(p.quiet):
	case <-ctx.Done():
	}
	return 0
}

func (p printer) total() int { return int(p.took.Seconds() * float64(p.rate)) }

// reader is a job's Output: it wants the printer's lines, each once and in order, and measures how late they are.
type reader struct {
	mu    sync.Mutex
	rest  []byte
	next  int // the number that must come
	lines int
	wrong string // what came instead, the first time
	late  sample
}

func (r *reader) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	r.rest = append(r.rest, p...)
	for {
		line, rest, whole := bytes.Cut(r.rest, []byte{'\n'})
		if !whole {
			return len(p), nil
		}
		r.line(now, string(line))
		r.rest = rest
	}
}

func (r *reader) line(now time.Time, line string) {
	var number int
	var at int64
	if _, err := fmt.Sscanf(line, "%d %d ", &number, &at); err != nil || number != r.next || len(line) != lineBytes-1 {
		if r.wrong == "" {
			r.wrong = fmt.Sprintf("line %d is wanted and %q comes", r.next, line)
		}
	}
	r.lines++
	r.next = number + 1
	r.late.add(now.Sub(time.Unix(0, at)))
}

// measureLogs runs jobs that print much, in true time, with the limits that ACI has on logs.
func measureLogs(t *testing.T, b *bench) {
	for _, rate := range b.size.rates {
		measureLog(t, b, logCase{p: printer{rate: rate, took: b.size.printFor}, how: "attach", within: time.Second, expected: "under 1 s"})
	}
	slow := printer{rate: b.size.rates[0], took: b.size.printFor, quiet: b.size.quiet}
	measureLog(t, b, logCase{p: slow, how: "polling alone", polling: true, within: 5 * time.Second, expected: "under 5 s"})
}

type logCase struct {
	p        printer
	how      string
	polling  bool
	within   time.Duration
	expected string
}

func measureLog(t *testing.T, b *bench, c logCase) {
	t.Helper()
	j := startJobs(t, c.p.run)
	if c.polling {
		j.withoutAttach(t)
	}
	out := &reader{}
	res, err := j.client.Run(t.Context(), aci.Job{Command: []string{"print"}, Output: out})
	if err != nil || !res.Success() || len(res.Gaps) != 0 {
		t.Fatalf("%d lines a second by %s: %+v %v", c.p.rate, c.how, res, err)
	}
	printed := c.p.total()
	if out.wrong != "" || out.lines != printed {
		t.Errorf("%d lines a second by %s: %d of %d lines came; %s", c.p.rate, c.how, out.lines, printed, out.wrong)
	}
	what := fmt.Sprintf("%s lines/s by %s", thousands(c.p.rate), c.how)
	share := 100 * float64(out.lines) / float64(printed)
	b.table.add(row{
		what: what + ": delivered ÷ printed", got: fmt.Sprintf("%.4g %%", share), beside: thousands(printed) + " printed",
		ratio: times(out.lines, printed), expected: "100 %", missed: out.lines != printed,
	})
	b.table.add(row{
		what: what + ": delay at p50", got: millis(out.late.median()), beside: "p99 " + millis(out.late.at(99)),
		ratio: times(out.late.median(), out.late.at(99)), expected: c.expected, missed: out.late.median() >= c.within,
	})
}

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

const (
	jobLength    = 10 * time.Minute
	readsAllowed = 15
	// blockInterval is how often Prefect's own ACI block asks for the state and for the logs (task_watch_poll_interval).
	blockInterval = 5 * time.Second
)

// measureReads counts what a ten-minute job costs of ARM's limits, in fake time: the counts are the same on every machine.
func measureReads(t *testing.T, b *bench) {
	for _, c := range []struct {
		name, settings string
		polling        bool
	}{
		{"started at once", `{}`, false},
		{"30 s to start", `{"latency":{"place":"5s","pull":"20s","start":"5s","delete":"4s"},"retryAfter":"2s"}`, false},
		{"started at once, no attach", `{}`, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			j := startJobs(t, func(ctx context.Context, call azureemulator.ContainerCall) int {
				for i := range int(jobLength / time.Second) {
					fmt.Fprintf(call.Spec.Output, "second %d\n", i)
					select {
					case <-time.After(time.Second):
					case <-ctx.Done():
						return 143
					}
				}
				return 0
			})
			if err := j.server.PatchSettings([]byte(c.settings)); err != nil {
				t.Fatal(err)
			}
			if c.polling {
				j.withoutAttach(t)
			}
			var out bytes.Buffer
			res, err := j.client.Run(t.Context(), aci.Job{Command: []string{"tick"}, Output: &out})
			if err != nil || !res.Success() {
				t.Fatalf("%s: %+v %v", c.name, res, err)
			}
			if got, want := bytes.Count(out.Bytes(), []byte("\n")), int(jobLength/time.Second); got != want {
				t.Errorf("%s: %d lines came, want %d", c.name, got, want)
			}
			b.addReads(t, c.name, res.Reads, c.polling)
		})
	}
}

// addReads adds what one job cost. With an intact view the limit holds on every machine, so that it is a test.
func (b *bench) addReads(t *testing.T, name string, reads aci.Reads, polling bool) {
	t.Helper()
	each5 := int(jobLength / blockInterval)
	beside := fmt.Sprintf("a poll each 5 s: %d", each5)
	state := row{
		what: "ten-minute job, " + name + ": state reads", got: strconv.Itoa(reads.State), beside: beside, ratio: times(reads.State, each5),
	}
	if !polling {
		state.expected, state.missed = "at most 15", reads.State > readsAllowed
		if state.missed {
			t.Errorf("%s: %d state reads, want at most %d", name, reads.State, readsAllowed)
		}
	}
	b.table.add(state)
	b.table.add(row{
		what: "ten-minute job, " + name + ": log reads", got: strconv.Itoa(reads.Logs), beside: beside, ratio: times(reads.Logs, each5),
	})
}
