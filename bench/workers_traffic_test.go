//go:build linux

package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// traffic is what an emulator's request log says about the runs of one worker.
type traffic struct {
	url, token string
	after      int64

	creates, deletes map[string]time.Time // by run
	signIns          int                  // requests to Entra
	refused          int                  // answers 429
	reads, logReads  int                  // of Resource Manager
	kinds            map[string]int       // the same by operation, to look at
}

// requestRecord is a request as the control API tells of it.
type requestRecord struct {
	Seq                           int64
	Time                          time.Time
	Method, Host, Path, Operation string
	Status                        int
}

func newTraffic(e *local) *traffic {
	return &traffic{url: e.env["PACIFIC_EMULATOR_URL"], token: e.env["PACIFIC_EMULATOR_TOKEN"], creates: map[string]time.Time{},
		deletes: map[string]time.Time{}, kinds: map[string]int{}}
}

// read takes in what was requested since the last time.
func (l *traffic) read() error {
	request, err := http.NewRequest(http.MethodGet, fmt.Sprintf("%s/_emulator/requests?after=%d", l.url, l.after), nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+l.token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	var got struct{ Requests []requestRecord }
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil {
		return fmt.Errorf("reading the request log: %s: %w", answer.Status, err)
	}
	for _, r := range got.Requests {
		if r.Seq > l.after+1 && l.after > 0 {
			return fmt.Errorf("the request log was read too late: %d requests are gone", r.Seq-l.after-1)
		}
		l.after = r.Seq
		l.take(r)
	}
	return nil
}

// runID finds a flow run's id in a path. Subscription and tenant ids are ids too, but no name ends with them.
var runID = regexp.MustCompile(`/(?:containergroups|deployments)/[^/]*?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})[^/]*`)

func (l *traffic) take(r requestRecord) {
	if r.Status == http.StatusTooManyRequests {
		l.refused++
	}
	path := strings.ToLower(r.Path)
	switch {
	case strings.HasPrefix(r.Host, "login."):
		l.signIns++
		return
	case !strings.HasPrefix(r.Host, "management."):
		return
	}
	if r.Method == http.MethodGet {
		l.kinds[r.Operation]++
		if strings.HasSuffix(path, "/logs") {
			l.logReads++
		} else {
			l.reads++
		}
	}
	id := runID.FindStringSubmatch(path)
	if id == nil || r.Status >= 300 {
		return
	}
	switch {
	case r.Method == http.MethodPut && l.creates[id[1]].IsZero():
		l.creates[id[1]] = r.Time
	case r.Method == http.MethodDelete && l.deletes[id[1]].IsZero() && strings.Contains(path, "/containergroups/"):
		l.deletes[id[1]] = r.Time
	}
}

// created and deleted count the runs whose group was asked for, and whose group was deleted.
func (l *traffic) created(runs []string) int { return count(l.creates, runs) }
func (l *traffic) deleted(runs []string) int { return count(l.deletes, runs) }

// createdAt is when the run's group was first asked for; zero: it was not.
func (l *traffic) createdAt(run string) time.Time { return l.creates[run] }

func count(at map[string]time.Time, runs []string) (n int) {
	for _, run := range runs {
		if !at[run].IsZero() {
			n++
		}
	}
	return n
}
