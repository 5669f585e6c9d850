package containers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// An exchange is one request of a recorded sequence, and what of its answer was recorded.
type exchange struct {
	// Wait is how long before the request the sequence pauses, in Go's notation.
	Wait string
	// Call is "METHOD /path-below-the-group", "POLL" for the operation that the last answer named, or "OLD" for the group
	// in the oldest version; Body is sent with it.
	Call   string
	Body   json.RawMessage
	Status int
	// Has are fields of the answer and their values, "-" for a field that must not be there; Header names a header it has.
	Has    map[string]string
	Header string
}

func (e exchange) pause(t *testing.T) time.Duration {
	if e.Wait == "" {
		return 0
	}
	wait, err := time.ParseDuration(e.Wait)
	if err != nil {
		t.Fatal(err)
	}
	return wait
}

const recordedVersion = "?api-version=2024-05-01-preview"

// recordings are sequences of real clients (Azure PowerShell 2024, az 2018 to 2023, .NET 2021) as they went. They are a
// file because they are said to an emulator in a process of its own too.
func recordings(t *testing.T) map[string][]exchange {
	text, err := os.ReadFile("testdata/recorded.json")
	if err != nil {
		t.Fatal(err)
	}
	var sequences map[string][]exchange
	if err := json.Unmarshal(text, &sequences); err != nil {
		t.Fatal(err)
	}
	return sequences
}

func TestRecordedSequences(t *testing.T) {
	for name, sequence := range recordings(t) {
		t.Run(name, func(t *testing.T) {
			inWorld(t, slowToEnd(), "{}", func(t *testing.T, w *world) {
				var poll string
				for i, e := range sequence {
					time.Sleep(e.pause(t))
					synctest.Wait()
					method, path, _ := strings.Cut(e.Call, " ")
					at := w.groupPath("job") + path + recordedVersion
					switch method {
					case "POLL":
						method, at = "GET", poll
					case "OLD":
						method, at = "GET", w.groupPath("job")+"?api-version=2017-08-01-preview"
					}
					header, reply := w.exchange(method, at, string(e.Body), e.Status)
					if url := header.Get("Azure-AsyncOperation"); url != "" {
						poll = strings.TrimPrefix(url, "https://management.azure.com")
					}
					if e.Header != "" && header.Get(e.Header) == "" {
						t.Errorf("%d: %s: no header %s", i, e.Call, e.Header)
					}
					for field, want := range e.Has {
						if got := fieldOf(reply, field); got != want {
							t.Errorf("%d: %s: %s is %s, want %s", i, e.Call, field, got, want)
						}
					}
				}
			})
		})
	}
}

// fieldOf is a.b.0.c of a JSON value as text; "-" if it is not there.
func fieldOf(value any, field string) string {
	for name := range strings.SplitSeq(field, ".") {
		switch v := value.(type) {
		case map[string]any:
			found, ok := v[name]
			if !ok {
				return "-"
			}
			value = found
		case []any:
			var i int
			if _, err := fmt.Sscan(name, &i); err != nil || i >= len(v) {
				return "-"
			}
			value = v[i]
		default:
			return "-"
		}
	}
	return fmt.Sprint(value)
}
