package process

import "runtime"

// starter starts children from one operating system thread that lives as long as the engine. Linux kills a child that
// asked for it (Pdeathsig) when the thread that started it ends, not when the process does; on any other
// thread, a goroutine that ends while locked to it would take our containers with it.
type starter struct {
	work chan func()
}

// newStarter starts the thread, which close ends.
func newStarter() *starter {
	s := &starter{work: make(chan func())}
	go func() {
		runtime.LockOSThread()
		for f := range s.work {
			f()
		}
		runtime.UnlockOSThread() // so that the thread goes on, for other goroutines
	}()
	return s
}

// do runs f on the thread and waits for it.
func (s *starter) do(f func()) {
	done := make(chan struct{})
	s.work <- func() {
		defer close(done)
		f()
	}
	<-done
}

func (s *starter) close() { close(s.work) }
