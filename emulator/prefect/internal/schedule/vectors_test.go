package schedule_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/schedule"
)

// vectorTimes is how many times of each schedule the vectors have.
const vectorTimes = 8

// parse reads a schedule of a request, and gives the server's reasons against it.
func parse(text []byte) (*schedule.Schedule, string) {
	var body struct {
		Schedule schedule.Schedule `json:"schedule" req:"true"`
	}
	err := api.Parse([]byte(`{"schedule":`+string(text)+`}`), &body)
	if err == nil {
		return &body.Schedule, ""
	}
	refused, _ := errors.AsType[*api.Error](err)
	if refused.Status == http.StatusInternalServerError {
		return nil, "Error"
	}
	reply, _ := json.Marshal(refused.Body)
	var refusal struct {
		Details []struct {
			Loc     []any  `json:"loc"`
			Message string `json:"msg"`
		} `json:"exception_detail"`
	}
	_ = json.Unmarshal(reply, &refusal)
	kind := "RRuleSchedule"
	var given map[string]any
	_ = json.Unmarshal(text, &given)
	if _, ok := given["interval"]; ok {
		kind = "function-after[validate_timezone(), IntervalSchedule]"
	} else if _, ok := given["cron"]; ok {
		kind = "function-after[validate_timezone(), CronSchedule]"
	}
	var reasons []string
	for _, d := range refusal.Details {
		if d.Loc[2] == kind {
			reasons = append(reasons, d.Message)
		}
	}
	return nil, strings.Join(reasons, "; ")
}

// walk writes times as the vectors do.
func walk(s *schedule.Schedule, start, end time.Time) string {
	var out []string
	var last time.Time
	n := 0
	for at, err := range s.Times(start, end) {
		if err != nil {
			out = append(out, "error")
			break
		}
		if n == 0 {
			out = append(out, at.UTC().Format(time.RFC3339Nano))
		} else {
			text := strconv.FormatFloat(at.Sub(last).Seconds(), 'f', 6, 64)
			text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
			if !strings.HasPrefix(text, "-") {
				text = "+" + text
			}
			out = append(out, text)
		}
		last = at
		if n++; n == vectorTimes {
			break
		}
	}
	return strings.Join(out, " ")
}

// Every schedule of testdata/vectors.jsonl is refused in the words of a server of 3.9.1, or has its times.
func TestVectors(t *testing.T) {
	file, err := os.Open("testdata/vectors.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		n++
		var line []json.RawMessage
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		s, refusal := parse(line[0])
		if len(line) == 2 {
			var want string
			_ = json.Unmarshal(line[1], &want)
			if refusal != want && !(refusal == "Error" && strings.HasSuffix(want, "Error")) {
				t.Errorf("line %d: %s: refused with %q, want %q", n, line[0], refusal, want)
			}
			continue
		}
		if refusal != "" {
			t.Errorf("line %d: %s: refused with %q, want it taken", n, line[0], refusal)
			continue
		}
		var start, end time.Time
		var want string
		for i, into := range []any{&start, &end, &want} {
			if err := json.Unmarshal(line[i+1], into); err != nil {
				t.Fatal(err)
			}
		}
		s.Settle(start)
		if words := strings.Fields(want); len(words) > 0 && strings.HasSuffix(words[len(words)-1], "Error") {
			words[len(words)-1] = "error"
			want = strings.Join(words, " ")
		}
		if got := walk(s, start, end); got != want {
			t.Errorf("line %d: %s from %s to %s:\n got %s\nwant %s", n, line[0], line[1], line[2], got, want)
		}
	}
	if lines.Err() != nil || n < 1000 {
		t.Errorf("read %d vectors, %v", n, lines.Err())
	}
}
