package containers

// maxBehind is how much output one attached client may be behind, in bytes, before
// it is cut off. The container is never held up for it.
const maxBehind = 1 << 20

// A subscriber receives what is written to a log from its subscription on. Its fields are guarded by the log's mutex.
//
//	push ──▶ buf ──▶ take ──▶ the client            done: the log is closed, and the rest is in buf
//	           └── more than maxBehind ──▶ over: the client is too slow, and is cut off
type subscriber struct {
	log  *containerLog
	wake chan struct{} // cap 1: something changed
	buf  []byte
	// taken is what the last take returned; its memory is used again.
	taken []byte
	over  bool // the client fell too far behind
	done  bool // the container has ended
}

// subscribe returns a subscriber to what is written from now on; history is not
// replayed. On a closed log it has ended already.
func (l *containerLog) subscribe() *subscriber {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := &subscriber{log: l, wake: make(chan struct{}, 1)}
	if l.closed {
		s.end()
		return s
	}
	if l.subs == nil {
		l.subs = map[*subscriber]struct{}{}
	}
	l.subs[s] = struct{}{}
	l.waits.attached()
	return s
}

// push appends output, or gives the client up if it is too far behind.
func (s *subscriber) push(p []byte) {
	if s.over {
		return
	}
	if len(s.buf)+len(p) > maxBehind {
		s.over, s.buf = true, nil
	} else {
		s.buf = append(s.buf, p...)
	}
	s.poke()
}

func (s *subscriber) end() { s.done = true; s.poke() }

func (s *subscriber) poke() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// take returns what has come since the last call, valid until the next one, and whether the log has ended or the
// subscriber has been cut off.
func (s *subscriber) take() (p []byte, done, over bool) {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	p = s.buf
	s.buf, s.taken = s.taken[:0], p
	s.log.waits.moved()
	return p, s.done, s.over
}

func (s *subscriber) cancel() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	delete(s.log.subs, s)
	s.log.waits.moved()
}
