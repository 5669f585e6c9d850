//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/prefect"
)

// TestPrefectInMemoryAnswersAsTheServer holds the same raw conversations, none of which our client had a hand in, with a
// real server of 3.x and with the API in memory, and compares every answer: its status, and every field of its body.
func TestPrefectInMemoryAnswersAsTheServer(t *testing.T) {
	seconds(t)
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("got conversations %v and error %v, want some", files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			hold(t, strings.Split(string(text), "\n"))
		})
	}
}

// speaker is one side of a conversation with what it has answered so far.
type speaker struct {
	api       string
	client    *http.Client
	variables map[string]string
}

// hold says every line to both and compares what they answer. A line is METHOD PATH [JSON] [=> NAME=FIELD…]: the fields of
// the answer are kept under the names, and $NAME stands for them in later lines; $n is a prefix of this run's own, and
// $in(1h) a time from now. A line that begins with EVENTUALLY is said again until the server has done in the background what the API
// in memory does at once. A line may end in ~ and fields that are not compared, with the reason in a comment before it.
func hold(t *testing.T, lines []string) {
	t.Helper()
	memory, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = memory.Close() })
	prefix := "pacific-" + uuid.NewString()[:8]
	// A real server breaks off the connection of an answer of 500 without saying so.
	lone := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	real := &speaker{os.Getenv("PACIFIC_E2E_PREFECT3_API_URL"), lone, map[string]string{"n": prefix}}
	if real.api == "" {
		t.Fatal("PACIFIC_E2E_PREFECT3_API_URL is not set: this part compares with a real server")
	}
	ours := &speaker{prefectemulator.URL, &http.Client{Transport: memory.Transport()}, map[string]string{"n": prefix}}
	compare := &comparison{ids: map[string]string{}, back: map[string]string{}}
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		line, skipped, _ := strings.Cut(line, " ~ ")
		compare.skip = strings.Fields(skipped)
		say, keep, _ := strings.Cut(line, " => ")
		say, eventually := strings.CutPrefix(say, "EVENTUALLY ")
		wantStatus, want, wantText := real.say(t, say)
		gotStatus, got, gotText := ours.say(t, say)
		for range 100 {
			if !eventually || bytes.Equal(gotText, wantText) {
				break
			}
			<-time.After(100 * time.Millisecond)
			wantStatus, want, wantText = real.say(t, say)
		}
		compare.differences = nil
		if gotStatus != wantStatus {
			compare.differences = append(compare.differences, fmt.Sprintf("status: got %d, want %d", gotStatus, wantStatus))
		}
		compare.values("", got, want)
		compare.orders(gotText, wantText)
		if len(compare.differences) > 0 {
			t.Errorf("line %d: %s\n\t%s", i+1, say, strings.Join(compare.differences, "\n\t"))
		}
		for name := range strings.FieldsSeq(keep) {
			variable, field, _ := strings.Cut(name, "=")
			real.variables[variable], ours.variables[variable] = pick(want, field), pick(got, field)
		}
	}
}

var (
	variableForm = regexp.MustCompile(`\$[a-z0-9]+`)
	inForm       = regexp.MustCompile(`\$in\(([^)]+)\)`)
)

// say sends one line and gives the answer: its status, and its body as a value and as it is.
func (s *speaker) say(t *testing.T, line string) (int, any, []byte) {
	t.Helper()
	line = inForm.ReplaceAllStringFunc(line, func(token string) string {
		d, err := time.ParseDuration(inForm.FindStringSubmatch(token)[1])
		if err != nil {
			t.Fatal(err)
		}
		return time.Now().Add(d).UTC().Format("2006-01-02T15:04:05.000000Z")
	})
	line = variableForm.ReplaceAllStringFunc(line, func(token string) string {
		if value, ok := s.variables[token[1:]]; ok {
			return value
		}
		return token
	})
	method, rest, _ := strings.Cut(line, " ")
	path, body, _ := strings.Cut(rest, " ")
	request, err := http.NewRequestWithContext(t.Context(), method, s.api+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "prefect/"+prefectemulator.Version+" (API 0.8.4)")
	for attempt := 0; ; attempt++ {
		reply, err := s.client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(reply.Body)
		_ = reply.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		// SQLite is busy: a real server says so now and then, and the more often the slower the machine is.
		if reply.StatusCode == http.StatusServiceUnavailable && attempt < 100 {
			<-time.After(100 * time.Millisecond)
			request.Body = io.NopCloser(strings.NewReader(body))
			continue
		}
		if len(text) == 0 {
			return reply.StatusCode, nil, nil
		}
		var value any
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		if err := d.Decode(&value); err != nil {
			t.Fatalf("%s: %s answered %q: %v", line, s.api, text, err)
		}
		return reply.StatusCode, value, text
	}
}

// pick finds a.b.0 in a value; "" if it is not there.
func pick(value any, field string) string {
	for name := range strings.SplitSeq(field, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(v) {
				return ""
			}
			value = v[i]
		}
	}
	return fmt.Sprint(value)
}

// comparison knows which id of one side is which of the other: ids by the server's, back by ours.
type comparison struct {
	ids, back   map[string]string
	skip        []string
	differences []string
}

func (c *comparison) differ(path, form string, values ...any) {
	c.differences = append(c.differences, path+": "+fmt.Sprintf(form, values...))
}

// estimates depend on the moment, and times of creation on when the server was started.
var estimates = []string{"estimated_run_time", "estimated_start_time_delta", "total_run_time", "created", "updated"}

// prose is what Prefect says of its own block types: the API in memory has none of it.
var prose = []string{"description", "code_example"}

func (c *comparison) values(path string, got, want any) {
	switch want := want.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			c.differ(path, "got %v, want an object with %v", got, slices.Sorted(maps.Keys(want)))
			return
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			value, ok := object[key]
			switch {
			case !ok:
				c.differ(path+"."+key, "missing, want %v", want[key])
			case slices.Contains(c.skip, key):
			case value == nil && slices.Contains(prose, key) && object["is_protected"] != nil:
			case !slices.Contains(estimates, key):
				c.values(path+"."+key, value, want[key])
			}
		}
		for _, key := range slices.Sorted(maps.Keys(object)) {
			if _, ok := want[key]; !ok {
				c.differ(path+"."+key, "got %v, want no such field", object[key])
			}
		}
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			c.differ(path, "got %v, want a list of %d: %v", got, len(want), want)
			return
		}
		for i := range want {
			c.values(path+"."+strconv.Itoa(i), list[i], want[i])
		}
	case string:
		text, ok := got.(string)
		if !ok || !c.sameText(path, text, want) {
			c.differ(path, "got %v, want %q", got, want)
		}
	case json.Number:
		number, ok := got.(json.Number)
		if !ok || !sameNumber(number, want) {
			c.differ(path, "got %v, want %s", got, want)
		}
	default:
		if got != want {
			c.differ(path, "got %v, want %v", got, want)
		}
	}
}

func sameNumber(a, b json.Number) bool {
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && x == y
}

var (
	idForm = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	// coolName is what a server calls a run that nobody named.
	coolName = regexp.MustCompile(`^[a-z]+-[a-z]+$`)
)

// sameText compares texts: ids must be the same throughout, times near each other, all else equal.
func (c *comparison) sameText(path, got, want string) bool {
	gotTime, errGot := time.Parse(time.RFC3339Nano, got)
	wantTime, errWant := time.Parse(time.RFC3339Nano, want)
	if errGot == nil && errWant == nil {
		return gotTime.Sub(wantTime).Abs() < time.Minute
	}
	if strings.HasSuffix(path, ".name") && coolName.MatchString(got) && coolName.MatchString(want) {
		return true
	}
	gotIDs, wantIDs := idForm.FindAllString(got, -1), idForm.FindAllString(want, -1)
	if len(gotIDs) != len(wantIDs) {
		return false
	}
	for i, id := range wantIDs {
		if known, ok := c.ids[id]; ok && known != gotIDs[i] {
			return false
		}
		if known, ok := c.back[gotIDs[i]]; ok && known != id {
			return false
		}
		c.ids[id], c.back[gotIDs[i]] = gotIDs[i], id
	}
	return idForm.ReplaceAllString(got, "ID") == idForm.ReplaceAllString(want, "ID")
}
