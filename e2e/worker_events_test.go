//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// wantsEvents waits until the server's feed has told the end of a run's container group, and wants each of the events there once.
func (s *workerSide) wantsEvents(run prefect.ID, want ...string) {
	s.t.Helper()
	var got []string
	s.until("the feed has told the end of the container group", func() bool {
		s.retry("reading events", func() (err error) { got, err = s.groupEvents(run); return err })
		return len(got) >= len(want) && slices.Contains(got, want[len(want)-1])
	})
	slices.Reverse(got) // the newest come first
	if !slices.Equal(got, want) {
		s.t.Errorf("the feed has the events %q of the run's container group, want %q", got, want)
	}
}

// groupEvents are the last parts of the names of the events of a run's container group, the newest first.
func (s *workerSide) groupEvents(run prefect.ID) ([]string, error) {
	query := fmt.Sprintf(`{"limit":50,"filter":{"event":{"prefix":["prefect.azure.container-group."]},"related":{"id":["prefect.flow-run.%s"]}}}`, run)
	r, err := http.NewRequestWithContext(s.ctx, http.MethodPost, os.Getenv(s.on.api)+"/events/filter", strings.NewReader(query))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var page struct{ Events []struct{ Event string } }
	if err := json.NewDecoder(response.Body).Decode(&page); err != nil || response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %v", response.Status, err)
	}
	var names []string
	for _, e := range page.Events {
		names = append(names, e.Event[strings.LastIndexByte(e.Event, '.')+1:])
	}
	return names, nil
}
