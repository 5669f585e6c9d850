package containers

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func logOf(limit int, writes ...string) *containerLog {
	l := newContainerLog(func() int { return limit })
	for _, w := range writes {
		l.Write([]byte(w))
	}
	return l
}

func readLog(l *containerLog, w logWindow) string {
	var text strings.Builder
	_ = l.read(w).write(&text) // a Builder has no errors
	return text.String()
}

func all(bytes int) logWindow { return logWindow{bytes: bytes, tail: -1} }

func TestLogWindow(t *testing.T) {
	for _, tt := range []struct {
		name   string
		writes []string
		window logWindow
		want   string
	}{
		{"nothing", nil, all(100), ""},
		{"whole", []string{"a\nb\n"}, all(100), "a\nb\n"},
		{"open line", []string{"a\nb"}, all(100), "a\nb"},
		{"joined over writes", []string{"a", "b\nc", "\n"}, all(100), "ab\nc\n"},
		{"empty lines", []string{"\n\n", "x\n"}, all(100), "\n\nx\n"},
		{"carriage returns stay", []string{"1%\r2%\r\n"}, all(100), "1%\r2%\r\n"},
		{"bytes cut at a line", []string{"one\ntwo\nthree\n"}, all(10), "two\nthree\n"},
		{"bytes not on a line", []string{"one\ntwo\nthree\n"}, all(9), "wo\nthree\n"},
		{"bytes at the end of a line", []string{"one\ntwo\nthree\n"}, all(7), "\nthree\n"},
		{"a long line before a short one", []string{"abcdefgh\nx\n"}, all(5), "gh\nx\n"},
		{"one long line shows its end", []string{"abcdefgh\n"}, all(4), "fgh\n"},
		{"last line longer than the window", []string{"x\nabcdefgh"}, all(4), "efgh"},
		{"tail", []string{"a\nb\nc\n"}, logWindow{bytes: 100, tail: 2}, "b\nc\n"},
		{"tail counts the open line", []string{"a\nb\nc"}, logWindow{bytes: 100, tail: 2}, "b\nc"},
		{"tail longer than the log", []string{"a\n"}, logWindow{bytes: 100, tail: 5}, "a\n"},
		{"tail of nothing", []string{"a\n"}, logWindow{bytes: 100, tail: 0}, ""},
		{"lines", []string{"a\nb\nc\n"}, logWindow{bytes: 100, lines: 1, tail: -1}, "c\n"},
		{"tail within lines", []string{"a\nb\nc\n"}, logWindow{bytes: 100, lines: 2, tail: 1}, "c\n"},
		{"no bytes", []string{"a\n"}, all(0), ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := readLog(logOf(1<<20, tt.writes...), tt.window); got != tt.want {
				t.Errorf("open: got %q, want %q", got, tt.want)
			}
			l := logOf(1<<20, tt.writes...)
			w := tt.window
			w.tail = -1
			l.close(w)
			if got := readLog(l, tt.window); got != tt.want {
				t.Errorf("closed: got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLogStampsIncreaseByAMicrosecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := logOf(1<<20, strings.Repeat("x\n", 5000))
		l.Write([]byte("open"))
		time.Sleep(time.Second)
		l.Write([]byte(" line\nlast\n"))
		lines := strings.Split(strings.TrimSuffix(readLog(l, logWindow{bytes: 1 << 20, tail: -1, timestamps: true}), "\n"), "\n")
		if len(lines) != 5002 {
			t.Fatalf("got %d lines, want 5002", len(lines))
		}
		var before time.Time
		for _, line := range lines {
			stamp, _, _ := strings.Cut(line, " ")
			at, err := time.Parse(time.RFC3339Nano, stamp)
			if err != nil {
				t.Fatal(err)
			}
			if at.Sub(before) < time.Microsecond {
				t.Fatalf("%s comes %s after the line before", stamp, at.Sub(before))
			}
			before = at
		}
		if want := "00:00:01.000000000Z last"; !strings.HasSuffix(lines[5001], want) {
			t.Errorf("last line %q, want …%q", lines[5001], want)
		}
		if want := "00:00:00.005000000Z open line"; !strings.HasSuffix(lines[5000], want) {
			t.Errorf("a line keeps the time of its first byte: got %q, want …%q", lines[5000], want)
		}
	})
}

func TestLogMemoryIsFlat(t *testing.T) {
	const limit = 256 << 10
	for _, line := range []string{"\n", strings.Repeat("x", 99) + "\n", strings.Repeat("y", limit) + "\n", strings.Repeat("z", 1000)} {
		l := newContainerLog(func() int { return limit })
		for written := 0; written < 10*limit; written += len(line) {
			l.Write([]byte(line))
		}
		held := 0
		for _, b := range l.kept.blocks {
			held += cap(b.text) + cap(b.stamps)
		}
		if most := 8 * limit; held > most { // records of empty lines take three bytes for one of output
			t.Errorf("%d-byte writes: %d bytes held, want at most %d", len(line), held, most)
		}
		if got := len(readLog(l, all(limit))); got > limit || got < limit/2 {
			t.Errorf("%d-byte writes: window of %d bytes, want nearly %d", len(line), got, limit)
		}
		l.close(logWindow{bytes: 1000, lines: 10, tail: -1})
		if got := readLog(l, all(limit)); len(got) > 1000 || strings.Count(got, "\n") > 10 {
			t.Errorf("%d-byte writes: %d bytes after the end, want at most 1000 and 10 lines", len(line), len(got))
		}
	}
}

func TestLogIgnoresWritesAfterTheEnd(t *testing.T) {
	l := logOf(100, "a\n")
	l.close(all(100))
	l.close(all(100))
	if n, err := l.Write([]byte("late\n")); n != 5 || err != nil {
		t.Errorf("late write: %d, %v; want 5, nil", n, err)
	}
	if got, want := readLog(l, all(100)), "a\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSubscriberSeesOnlyWhatComes(t *testing.T) {
	l := logOf(100, "before\n")
	s := l.subscribe()
	l.Write([]byte("one "))
	l.Write([]byte("two\n"))
	if p, done, over := s.take(); string(p) != "one two\n" || done || over {
		t.Errorf("got %q, %t, %t", p, done, over)
	}
	l.Write([]byte("three\n"))
	l.close(all(100))
	if p, done, over := s.take(); string(p) != "three\n" || !done || over {
		t.Errorf("at the end got %q, %t, %t", p, done, over)
	}
	if _, done, _ := l.subscribe().take(); !done {
		t.Error("a subscriber to an ended log must see its end at once")
	}
	s.cancel()
}

func TestSlowSubscriberIsCutOff(t *testing.T) {
	l := logOf(1 << 20)
	slow, left := l.subscribe(), l.subscribe()
	left.cancel()
	piece := []byte(strings.Repeat("x", 64<<10))
	for range 17 {
		l.Write(piece)
	}
	if p, _, over := slow.take(); !over || len(p) != 0 {
		t.Errorf("got %d bytes, over %t; want none and true", len(p), over)
	}
	if p, _, over := left.take(); over || len(p) != 0 {
		t.Errorf("cancelled: got %d bytes, over %t; want none and false", len(p), over)
	}
}

// FuzzLog holds the log against the simplest model: the last bytes of the last lines.
func FuzzLog(f *testing.F) {
	f.Add("a\nbb\n\nc", uint8(3), uint16(5), int8(-1))
	f.Add("long line without end", uint8(7), uint16(4), int8(2))
	f.Add("\n\n\n", uint8(1), uint16(2), int8(1))
	f.Fuzz(func(t *testing.T, text string, piece uint8, window uint16, tail int8) {
		l := newContainerLog(func() int { return 1 << 20 })
		for rest := text; rest != ""; {
			n := min(int(piece)+1, len(rest))
			l.Write([]byte(rest[:n]))
			rest = rest[n:]
		}
		want := model(text, int(window), int(tail))
		if got := readLog(l, logWindow{bytes: int(window), tail: int(tail)}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		l.close(all(int(window)))
		if got := readLog(l, logWindow{bytes: int(window), tail: int(tail)}); got != want {
			t.Errorf("after the end got %q, want %q", got, want)
		}
	})
}

func model(text string, window, tail int) string {
	lines := strings.SplitAfter(text, "\n")
	if lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if tail >= 0 {
		lines = lines[max(0, len(lines)-tail):]
	}
	out := strings.Join(lines, "")
	return out[max(0, len(out)-window):]
}

func BenchmarkLogWrite(b *testing.B) {
	l := newContainerLog(func() int { return 4 << 20 })
	line := fmt.Appendf(nil, "%080d\n", 0)
	b.SetBytes(int64(len(line)))
	for b.Loop() {
		l.Write(line)
	}
}
