package flow_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// A task for each of 1,000 files, at most 20 at a time. A flow that has started goroutines waits for them.
func ExampleTask_many() {
	size := func(_ context.Context, file string) (int, error) {
		if file == "file-13" {
			return 0, errors.New("no file-13")
		}
		return len(file), nil
	}
	sizes := flow.New("sizes", func(ctx context.Context, _ flow.None) (int, error) {
		const n = 1000
		var group sync.WaitGroup
		slots := make(chan struct{}, 20)
		all, problems := make([]int, n), make([]error, n)
		for i := range n {
			slots <- struct{}{}
			group.Go(func() {
				defer func() { <-slots }()
				all[i], problems[i] = flow.Task(ctx, "size", size, fmt.Sprint("file-", i))
			})
		}
		group.Wait()
		total := 0
		for _, size := range all {
			total += size
		}
		return total, errors.Join(problems...)
	})
	_, err := sizes.Run(context.Background(), flow.None{})
	fmt.Println(err)
	// Output: no file-13
}

// A flow that is called with the context of another one is its subflow.
func ExampleFlow_Run_subflow() {
	type City struct {
		Name string `json:"name"`
	}
	report := flow.New("report", func(ctx context.Context, c City) (string, error) {
		return flow.Task(ctx, "fetch", fetch, c.Name)
	})
	all := flow.New("all reports", func(ctx context.Context, _ flow.None) (int, error) {
		for i, city := range []string{"Oslo", "Rome"} {
			text, err := report.Run(ctx, City{Name: city})
			if err != nil {
				return i, err
			}
			fmt.Println(text)
		}
		return 2, nil
	})
	fmt.Println(all.Run(context.Background(), flow.None{}))
	// Output:
	// the page of Oslo
	// the page of Rome
	// 2 <nil>
}

// A function whose context has ended cleans up with one that has not.
func ExampleFlow_Run_cancelled() {
	ctx, cancel := context.WithCancelCause(context.Background())
	copying := flow.New("copy", func(ctx context.Context, _ flow.None) (flow.None, error) {
		cancel(errors.New("maintenance")) // as if somebody had asked for it
		<-ctx.Done()
		lasting, done := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer done()
		fmt.Println("removing the half of a file:", lasting.Err())
		return flow.None{}, ctx.Err()
	})
	_, err := copying.Run(ctx, flow.None{})
	fmt.Println(err)
	// Output:
	// removing the half of a file: <nil>
	// the run was told to stop: maintenance
}

// What a panic and a timeout of a task are for the flow.
func ExampleTimeout() {
	slow := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	f := flow.New("careful", func(ctx context.Context, _ flow.None) (flow.None, error) {
		err := flow.Do(ctx, "slow", slow, flow.Timeout(time.Millisecond))
		if late, ok := errors.AsType[*flow.TimeoutError](err); ok {
			fmt.Println(late)
		}
		return flow.None{}, flow.Do(ctx, "bad", func(context.Context) error { panic("no such index") })
	})
	_, err := f.Run(context.Background(), flow.None{})
	fmt.Println(err)
	// Output:
	// task "slow" took longer than 1ms
	// task "bad" panicked: no such index
}

// localServer is a Prefect API in memory; in a program it is that of PREFECT_API_URL.
func localServer() (context.Context, *prefect.Client, func()) {
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		panic(err)
	}
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
	if err != nil {
		panic(err)
	}
	return flow.WithClient(context.Background(), client), client, func() { _ = api.Close() }
}

// A task whose result is stored is not run again when its flow is.
func ExampleResults() {
	ctx, _, stop := localServer()
	defer stop()
	folder, err := os.MkdirTemp("", "results-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)

	download := func(_ context.Context, name string) (string, error) {
		fmt.Println("downloading", name)
		return "the text of " + name, nil
	}
	attempts := 0
	nightly := flow.New("nightly", func(ctx context.Context, _ flow.None) (string, error) {
		text, err := flow.Task(ctx, "download", download, "a book")
		if attempts++; err == nil && attempts == 1 {
			err = errors.New("the container was taken away")
		}
		return text, err
	}, flow.Results(flow.Dir(folder)), flow.Retries(1))
	fmt.Println(nightly.Run(ctx, flow.None{}))
	// Output:
	// downloading a book
	// the text of a book <nil>
}

// Rows on the page of the run.
func ExampleTable() {
	ctx, client, stop := localServer()
	defer stop()
	type Row struct {
		File string `json:"file"`
		Size int    `json:"size"`
	}
	f := flow.New("sizes", func(ctx context.Context, _ flow.None) (flow.None, error) {
		return flow.None{}, flow.Table(ctx, "sizes", []Row{{"a", 1}, {"b", 2}})
	})
	if _, err := f.Run(ctx, flow.None{}); err != nil {
		panic(err)
	}
	left, err := client.LatestArtifact(ctx, "sizes")
	fmt.Println(left.Type, left.Data, err)
	// Output: table [{"file":"a","size":1},{"file":"b","size":2}] <nil>
}
