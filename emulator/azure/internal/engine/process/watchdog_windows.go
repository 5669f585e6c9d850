package process

// watchdog has nothing to do: the system ends a job object's processes with us. Scratch folders stay after a kill.
type watchdog struct{}

func newWatchdog(string) *watchdog { return &watchdog{} }
func (*watchdog) add(int)          {}
func (*watchdog) forget(int)       {}
func (*watchdog) close()           {}
