package cmdutil

import "time"

// serviceHeapPercent is how much a service's heap may grow before the garbage collector runs, in percent of the live data.
//
// Go's own 100 trades memory for processor time, of which a service that waits for Azure has plenty. Two workers of one build with
// 1,000 runs in flight, side by side: with 50, 96 to 116 MB were resident, and the start of all and two minutes took 17 s of processor
// time; with 25, 82 to 90 MB and 23 s.
const serviceHeapPercent = 25

// When a service releases the pages of its program's file: once its start is over, and then every releaseEvery, as each kind of
// work has pages of its own. Of the 25 MB that an idle worker had mapped it used 11 MB in 45 s.
const (
	releaseFirst = 10 * time.Second
	releaseEvery = 20 * time.Second
)

// KeepMemorySmall has a command that goes on until it is interrupted take less memory than Go gives it: the garbage collector runs
// more often than it does by itself, unless GOGC is set, as then the user has chosen; and pages of the program's file that the
// command does not use any more are released. It changes nothing in a process of somebody else. Call what it returns when the
// command ends.
func (a *App) KeepMemorySmall() (restore func()) {
	heap, pages := a.keepHeapSmall(), a.releasePages()
	return func() { pages(); heap() }
}

func (a *App) keepHeapSmall() (restore func()) {
	if percent, ok := a.Env.LookupEnv("GOGC"); a.Env.SetGCPercent == nil || ok && percent != "" {
		return func() {}
	}
	before := a.Env.SetGCPercent(serviceHeapPercent)
	return func() { a.Env.SetGCPercent(before) }
}

func (a *App) releasePages() (stop func()) {
	if a.Env.ReleasePages == nil {
		return func() {}
	}
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		timer := time.NewTimer(releaseFirst)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
			case <-ended:
				return
			}
			a.Env.ReleasePages()
			timer.Reset(releaseEvery)
		}
	}()
	return func() { close(ended); <-stopped }
}
