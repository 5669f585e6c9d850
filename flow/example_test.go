package flow_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

func fetch(_ context.Context, url string) (string, error) { return "the page of " + url, nil }

func count(_ context.Context, text string) (int, error) { return len(strings.Fields(text)), nil }

// A flow is called like any function. Without a client in the context no server is needed.
func Example() {
	type Params struct {
		URL string `json:"url" doc:"page to count the words of"`
	}
	words := flow.New("words", func(ctx context.Context, p Params) (int, error) {
		page, err := flow.Task(ctx, "fetch", fetch, p.URL, flow.Retries(3, time.Second), flow.Timeout(time.Minute))
		if err != nil {
			return 0, err
		}
		return flow.Task(ctx, "count", count, page)
	})

	n, err := words.Run(context.Background(), Params{URL: "https://example.com"})
	fmt.Println(n, err)
	// Output: 4 <nil>
}

// With a client in the context the run and its tasks are on the server.
func ExampleWithClient() {
	api, err := prefectemulator.NewServer(prefectemulator.Options{}) // in memory; for a real one, Options{URL: …} is enough
	if err != nil {
		panic(err)
	}
	defer api.Close()
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
	if err != nil {
		panic(err)
	}

	ctx := flow.WithClient(context.Background(), client)
	hello := flow.New("hello", func(ctx context.Context, _ flow.None) (flow.None, error) {
		return flow.None{}, flow.Do(ctx, "greet", func(context.Context) error { return errors.New("nobody is here") })
	}, flow.RunName("first"))
	_, err = hello.Run(ctx, flow.None{})
	fmt.Println(err)
	for run, err := range client.FlowRuns(ctx, prefect.Query{}) {
		fmt.Println(run.Name, run.StateName, err)
	}
	// Output:
	// nobody is here
	// first Failed <nil>
}

// Tasks run in the goroutine that calls them. For several at once, start goroutines.
func ExampleTask_concurrent() {
	pages := flow.New("pages", func(ctx context.Context, _ flow.None) (int, error) {
		urls := []string{"https://a.example", "https://b.example"}
		counts := make([]int, len(urls))
		var group sync.WaitGroup
		for i, url := range urls {
			group.Go(func() {
				// An error is left to the log here; golang.org/x/sync/errgroup would hand it on.
				page, _ := flow.Task(ctx, "fetch", fetch, url)
				counts[i], _ = flow.Task(ctx, "count", count, page)
			})
		}
		group.Wait()
		return counts[0] + counts[1], nil
	})
	fmt.Println(pages.Run(context.Background(), flow.None{}))
	// Output: 8 <nil>
}

// The schema of the parameters comes from the struct.
func ExampleFlow_ParameterSchema() {
	backup := flow.New("backup", func(context.Context, struct {
		Days int `json:"days" default:"7" doc:"how long to keep it"`
	}) (flow.None, error) {
		return flow.None{}, nil
	})
	fmt.Println(string(backup.ParameterSchema()))
	// Output: {"title":"Parameters","type":"object","properties":{"days":{"title":"days","position":0,"type":"integer","description":"how long to keep it","default":7}},"required":[],"definitions":{}}
}

// A program that a worker starts in a container, or a person in a terminal.
func ExampleMain() {
	copied := flow.New("copy", func(ctx context.Context, p struct {
		Files []string `json:"files"`
	}) (int, error) {
		for i, file := range p.Files {
			if _, err := flow.Task(ctx, "copy", fetch, file, flow.Retries(3, time.Second, time.Minute)); err != nil {
				return i, err
			}
			if err := flow.Progress(ctx, "copied", i+1, len(p.Files)); err != nil {
				return i, err
			}
		}
		return len(p.Files), nil
	}, flow.Results(flow.Dir("/mnt/results"))) // what was copied is not copied again

	flow.Main(copied)
}
