package worker

import (
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// slowText is a text that takes nothing until it goes on.
type slowText struct {
	text
	goesOn chan struct{}
}

func (s *slowText) Write(p []byte) (int, error) {
	<-s.goesOn
	return s.text.Write(p)
}

// TestPrinterStalls: a reader that stops costs whole lines, once it has stopped for long, and none after it goes on. One that is
// waited for costs none.
func TestPrinterStalls(t *testing.T) {
	const lines = 2000
	line := strings.Repeat("x", 999)
	for name, patient := range map[string]bool{"of a worker": false, "of one run": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				to := &slowText{goesOn: make(chan struct{})}
				p := newPrinter(to, patient, slog.New(slog.DiscardHandler))
				time.AfterFunc(time.Hour, func() { close(to.goesOn) })
				began := time.Now()
				for range lines {
					p.print(line)
				}
				if took := time.Since(began); !patient && took != printerPatience || patient && took != time.Hour {
					t.Errorf("printing took %v", took)
				}
				time.Sleep(2 * time.Hour)
				p.print("end")
				p.close(t.Context())
				got := strings.TrimSuffix(to.String(), "end\n")
				if got == to.String() {
					t.Error("what is printed after the reader goes on is lost")
				}
				if n := strings.Count(got, line+"\n"); n*len(line+"\n") != len(got) || patient && n != lines || n < printerFull/len(line)-1 {
					t.Errorf("got %d whole lines in %d bytes", n, len(got))
				}
			})
		})
	}
}
