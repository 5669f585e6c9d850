package containers

import (
	"bytes"
	"encoding/json"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// content writes texts as a log read does, and reads that as JSON.
func content(t *testing.T, texts ...string) string {
	t.Helper()
	var view logView
	for _, text := range texts {
		view.blocks = append(view.blocks, logBlock{text: []byte(text), within: true})
	}
	var out bytes.Buffer
	if err := view.writeJSON(&out); err != nil {
		t.Fatal(err)
	}
	var reply struct{ Content string }
	if err := json.Unmarshal(out.Bytes(), &reply); err != nil {
		t.Fatalf("%v: %.200q", err, &out)
	}
	return reply.Content
}

func TestLogContentIsJSON(t *testing.T) {
	for _, tt := range []struct {
		texts []string
		want  string
	}{
		{nil, ""},
		{[]string{"a\nb"}, "a\nb"},
		{[]string{`"\/<&>`, "\x00\x1f\t\r\n\x7f"}, "\"\\/<&>\x00\x1f\t\r\n\x7f"},
		{[]string{"gr\xc3", "\xbc\xc3\x9fe"}, "grüße"},
		{[]string{"\xf0", "\x9f", "\x92", "\xa9!"}, "💩!"},
		{[]string{"\xe2\x82", "x"}, "\uFFFD\uFFFDx"},
		{[]string{"\xf0\x9f\x92", "\xf0\x9f\x92\xa9"}, "\uFFFD\uFFFD\uFFFD💩"},
		{[]string{"a\xff", "\xe2"}, "a\uFFFD\uFFFD"},
		{[]string{"\xe2\x80\xa8\xe2\x80\xa9"}, "\u2028\u2029"},
		{[]string{strings.Repeat("ü", 3*jsonPiece)}, strings.Repeat("ü", 3*jsonPiece)},
	} {
		if got := content(t, tt.texts...); got != tt.want {
			t.Errorf("%.40q: got %.80q, want %.80q", tt.texts, got, tt.want)
		}
	}
}

// FuzzLogContent holds the JSON against encoding/json's, wherever the text is cut.
func FuzzLogContent(f *testing.F) {
	f.Add("grüße 💩\xff\xe2\x82\n\x00", uint8(1))
	f.Add("\xf0\x9f\xf0\x9f\x92", uint8(2))
	f.Fuzz(func(t *testing.T, text string, piece uint8) {
		var texts []string
		for rest := text; rest != ""; {
			n := min(int(piece)+1, len(rest))
			texts = append(texts, rest[:n])
			rest = rest[n:]
		}
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		var want string
		if err := json.Unmarshal(encoded, &want); err != nil {
			t.Fatal(err)
		}
		if got := content(t, texts...); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
}

// TestLogTimesOfLongLines reads with times where lines go over several blocks, and where a line's beginning is gone.
func TestLogTimesOfLongLines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := strings.Repeat("x", 2*blockBytes)
		l := newContainerLog(func() int { return 1 << 20 })
		begin := time.Now()
		for _, line := range []string{"short\n", long + "\n", "next\n", long} {
			time.Sleep(time.Second)
			l.Write([]byte(line))
		}
		stamp := func(seconds int) string {
			return begin.Add(time.Duration(seconds)*time.Second).UTC().Format(stampLayout) + " "
		}
		for _, tt := range []struct {
			window logWindow
			want   string
		}{
			{all(1 << 20), stamp(1) + "short\n" + stamp(2) + long + "\n" + stamp(3) + "next\n" + stamp(4) + long},
			{all(len(long) + 6), stamp(2) + "\n" + stamp(3) + "next\n" + stamp(4) + long},
			{all(len(long) + 5), stamp(3) + "next\n" + stamp(4) + long},
			{all(10), stamp(4) + long[:10]},
			{logWindow{bytes: 1 << 20, tail: 2}, stamp(3) + "next\n" + stamp(4) + long},
			{logWindow{bytes: 1 << 20, tail: 3}, stamp(2) + long + "\n" + stamp(3) + "next\n" + stamp(4) + long},
		} {
			tt.window.timestamps = true
			if got := readLog(l, tt.window); got != tt.want {
				t.Errorf("%+v: got %d bytes, %.60q…, want %d, %.60q…", tt.window, len(got), got, len(tt.want), tt.want)
			}
		}
	})
}

// TestLogReadIsOfItsMoment reads a view after more was written, and after the log was cut.
func TestLogReadIsOfItsMoment(t *testing.T) {
	l := logOf(100, "one\ntwo")
	view := l.read(all(100))
	l.Write([]byte(" and three\n"))
	l.close(all(4))
	var got strings.Builder
	if err := view.write(&got); err != nil || got.String() != "one\ntwo" {
		t.Errorf("got %q, %v", &got, err)
	}
}

// TestLogReadMakesNoCopies answers a log read of 4 MB: the answer is written as it is made, however long it is in JSON.
func TestLogReadMakesNoCopies(t *testing.T) {
	const limit = 4 << 20
	for name, line := range map[string]string{"zeros": strings.Repeat("\x00", 8<<10), "text": strings.Repeat("x", 99) + "\n", "no UTF-8": strings.Repeat("\xff", 99) + "\n"} {
		l := newContainerLog(func() int { return limit })
		for written := 0; written < 2*limit; written += len(line) {
			l.Write([]byte(line))
		}
		w := all(limit)
		w.timestamps = true
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if err := l.read(w).writeJSON(io.Discard); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 512<<10 {
			t.Errorf("%s: %d bytes were allocated for one answer", name, got)
		}
	}
}
