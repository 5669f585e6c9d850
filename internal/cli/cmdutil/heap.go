package cmdutil

// serviceHeapPercent is how much a service's heap may grow before the garbage collector runs, in percent of the live data.
//
// Go's own 100 trades memory for processor time, of which a service that waits for Azure has plenty. With 50, a worker with
// 1,000 runs in flight had 116 to 126 MB resident, of which 35 MB were live data and 25 MB stacks; a build of the same day had
// 148 MB with 100. The collector ran 130 times in four and a half minutes, and the whole process took 15 s of processor time.
const serviceHeapPercent = 50

// KeepHeapSmall has the garbage collector run more often than it does by itself, for a command that goes on until it is
// interrupted. It changes nothing if GOGC is set, as then the user has chosen, nor in a process of somebody else. Call what it
// returns when the command ends.
func (a *App) KeepHeapSmall() (restore func()) {
	if percent, ok := a.Env.LookupEnv("GOGC"); a.Env.SetGCPercent == nil || ok && percent != "" {
		return func() {}
	}
	before := a.Env.SetGCPercent(serviceHeapPercent)
	return func() { a.Env.SetGCPercent(before) }
}
