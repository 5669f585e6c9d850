package simulate

import (
	"fmt"
	"math/bits"
	"strconv"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// behaviour is what the variables of one container ask for.
type behaviour struct {
	runFor         time.Duration
	linesPerSecond int
	lineBytes      int // with the newline; a longer number makes a longer line
	exitCode       int
}

// Limits that no honest use meets; they keep a slip of the finger from filling the memory.
const (
	maxLinesPerSecond = 1_000_000
	maxLineBytes      = 1 << 20
)

// parse reads the variables of a container. Its error is one line that names variable, value and rule.
func parse(env []string) (behaviour, error) {
	b := behaviour{runFor: time.Second, lineBytes: 80}
	if s, ok := engine.Lookup(env, "SIM_RUN_FOR"); ok {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 {
			return b, fmt.Errorf("SIM_RUN_FOR is %q: give a duration of 0s or more, such as 1500ms or 10m", s)
		}
		b.runFor = d
	}
	for _, v := range []struct {
		name     string
		into     *int
		min, max int
	}{
		{"SIM_LINES_PER_SECOND", &b.linesPerSecond, 0, maxLinesPerSecond},
		{"SIM_LINE_BYTES", &b.lineBytes, 1, maxLineBytes},
		{"SIM_EXIT_CODE", &b.exitCode, -1 << 31, 1<<31 - 1},
	} {
		s, ok := engine.Lookup(env, v.name)
		if !ok {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil || n < v.min || n > v.max {
			return b, fmt.Errorf("%s is %q: give a whole number from %d to %d", v.name, s, v.min, v.max)
		}
		*v.into = n
	}
	return b, nil
}

// due is how many lines are to be printed after a time: line n comes at n/linesPerSecond, the last no later than runFor.
func (b behaviour) due(elapsed time.Duration) uint64 {
	elapsed = max(0, min(elapsed, b.runFor))
	hi, lo := bits.Mul64(uint64(elapsed), uint64(b.linesPerSecond))
	n, _ := bits.Div64(hi, lo, uint64(time.Second))
	return n
}

// at is when a line is due, counted from the start.
func (b behaviour) at(line uint64) time.Duration {
	hi, lo := bits.Mul64(line, uint64(time.Second))
	t, rest := bits.Div64(hi, lo, uint64(b.linesPerSecond))
	if rest > 0 {
		t++
	}
	return time.Duration(t)
}

// appendLine adds a line: its number, a space, and dots up to its length.
func (b behaviour) appendLine(buf []byte, number uint64) []byte {
	end := len(buf) + b.lineBytes
	buf = strconv.AppendUint(buf, number, 10)
	if len(buf) < end-1 {
		buf = append(buf, ' ')
	}
	for len(buf) < end-1 {
		buf = append(buf, filler[:min(len(filler), end-1-len(buf))]...)
	}
	return append(buf, '\n')
}

const filler = "................................................................................................................................"
