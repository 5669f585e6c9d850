package prefect_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// logServer keeps what it is sent.
type logServer struct {
	mu      sync.Mutex
	batches [][]prefect.Log
	sizes   []int
	times   []time.Time
}

func (s *logServer) handle(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	var lines []prefect.Log
	if err := json.Unmarshal(text, &lines); err != nil {
		panic(fmt.Sprintf("%v in %.200s", err, text))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batches, s.sizes, s.times = append(s.batches, lines), append(s.sizes, len(text)), append(s.times, time.Now())
	says(201, "null")(w, r)
}

func (s *logServer) lines() (n int) {
	for _, b := range s.batches {
		n += len(b)
	}
	return n
}

func line(i, size int) prefect.Log {
	return prefect.Log{Name: "n", Level: 20, Message: fmt.Sprintf("%d %s", i, strings.Repeat("x", size)), FlowRunID: "r", Timestamp: prefect.At(time.Now())}
}

func TestLogSenderBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &logServer{}
		c, _ := client(t, server.handle)
		began := time.Now()
		sender := c.NewLogSender(t.Context(), prefect.LogSenderOptions{})
		check(t, sender.Add(t.Context(), line(0, 10), line(1, 10)))
		time.Sleep(time.Second)
		check(t, sender.Add(t.Context(), line(2, 10)))
		time.Sleep(1500 * time.Millisecond)
		synctest.Wait()
		if len(server.batches) != 1 || len(server.batches[0]) != 3 || server.times[0].Sub(began) != 2*time.Second {
			t.Fatalf("got %d batches at %v, want the three lines after two seconds", len(server.batches), server.times)
		}
		// A batch that is full goes at once: nine lines of 350 kB are over three megabytes.
		for i := range 9 {
			check(t, sender.Add(t.Context(), line(i, 350_000)))
		}
		synctest.Wait()
		if len(server.batches) != 2 || len(server.batches[1]) != 9 {
			t.Fatalf("got %d batches, want the full one too", len(server.batches))
		}
		check(t, sender.Add(t.Context(), line(9, 1)))
		check(t, sender.Flush(t.Context()))
		want(t, "lines after a flush", server.lines(), 13)
		check(t, sender.Close(t.Context()))
		check(t, sender.Close(t.Context()))
		want(t, "batches", len(server.batches), 3)
		if err := errors.Join(sender.Flush(t.Context()), sender.Add(t.Context(), line(0, 1))); err == nil {
			t.Error("a closed sender still takes lines")
		}
	})
}

func TestLogsAreCut(t *testing.T) {
	for name, test := range map[string]struct {
		o    prefect.Options
		most int
	}{"server": {prefect.Options{URL: fakeURL, DisableCSRF: true}, 1_000_000}, "cloud": {prefect.Options{URL: workspace, APIKey: "k"}, 25_000}} {
		server := &logServer{}
		test.o.Transport = &script{handler: server.handle}
		c := must(prefect.NewClient(test.o))(t)
		for i, message := range []string{strings.Repeat("x", 3_000_000), strings.Repeat("\x01", 1_000_000), strings.Repeat("\x01", 500_000) + strings.Repeat("y", 2_000_000), strings.Repeat("世", 900_000), "short"} {
			check(t, c.CreateLogs(t.Context(), []prefect.Log{{Message: message}}))
			got := server.batches[i][0].Message
			if message == "short" {
				want(t, name, got, "short")
				continue
			}
			if size := server.sizes[i]; size > test.most+2 || size < test.most/10 || !strings.HasSuffix(got, "... [truncated]") || !strings.HasPrefix(message, got[:100]) {
				t.Errorf("%s %d: got %d bytes that end in %q, want them cut at %d", name, i, size, got[len(got)-20:], test.most)
			}
			if server.batches[i][0].Timestamp.IsZero() {
				t.Error("a line without a time stays so")
			}
		}
	}
}

// Many lines are cut into requests that a server takes.
func TestCreateManyLogs(t *testing.T) {
	server := &logServer{}
	c, _ := client(t, server.handle)
	var logs []prefect.Log
	for i := range 100 {
		logs = append(logs, line(i, 100_000))
	}
	check(t, c.CreateLogs(t.Context(), logs))
	want(t, "lines", server.lines(), 100)
	want(t, "requests", len(server.batches), 4)
	for _, size := range server.sizes {
		if size > 4_000_000 {
			t.Errorf("got a request of %d bytes, want at most 4,000,000", size)
		}
	}
	check(t, c.CreateLogs(t.Context(), nil))
	want(t, "requests for nothing", len(server.batches), 4)
}

func TestLogSenderWithoutServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, says(503, "{}"))
		var failed int
		sender := c.NewLogSender(t.Context(), prefect.LogSenderOptions{Interval: time.Minute, Failed: func(lines int, err error) {
			failed += lines
			wantKind(t, err, prefect.ErrUnavailable)
		}})
		check(t, sender.Add(t.Context(), line(0, 1), line(1, 1)))
		wantKind(t, sender.Flush(t.Context()), prefect.ErrUnavailable)
		want(t, "lines told as failed", failed, 2)
		check(t, sender.Add(t.Context(), line(2, 1)))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		began := time.Now()
		err := sender.Close(ctx)
		if err == nil || !strings.HasPrefix(err.Error(), "3 log lines were not sent: ") {
			t.Errorf("got %v, want the number of lost lines", err)
		}
		want(t, "time to give up", time.Since(began), 5*time.Second)
	})
}

// While nothing can be sent, memory is bounded: adding waits.
func TestLogSenderWaitsForRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &logServer{}
		open := make(chan struct{})
		c, _ := client(t, func(w http.ResponseWriter, r *http.Request) { <-open; server.handle(w, r) })
		sender := c.NewLogSender(t.Context(), prefect.LogSenderOptions{})
		added := 0
		go func() {
			for i := range 40 {
				if sender.Add(t.Context(), line(i, 900_000)) == nil {
					added++
				}
			}
		}()
		synctest.Wait()
		if added < 18 || added > 25 {
			t.Errorf("got %d lines of 900 kB in memory, want about 16 MB and a batch on its way", added)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := sender.Add(ctx, line(0, 1)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want it to wait", err)
		}
		check(t, sender.AddNow(line(40, 900_000))) // does not wait
		close(open)
		synctest.Wait()
		want(t, "lines added", added, 40)
		check(t, sender.Close(t.Context()))
		want(t, "lines sent", server.lines(), 41)
		for _, b := range server.batches {
			if len(b) > 4 {
				t.Errorf("got %d lines of 900 kB in one request", len(b))
			}
		}
	})
}

func TestLogLevel(t *testing.T) {
	for level, python := range map[slog.Level]int{slog.LevelDebug: 10, slog.LevelInfo: 20, slog.LevelWarn: 30, slog.LevelError: 40, 12: 50, -20: 0} {
		want(t, level.String(), prefect.LogLevel(level), python)
	}
}
