package armtemplate

import (
	"context"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
)

// serialLoops makes each batch of a serial loop depend on the batch before it.
func (d *Deployment) serialLoops(ctx context.Context) {
	loops := map[*document.Node][]*Resource{}
	for _, r := range d.Resources {
		if r.Loop == "" || r.Skipped {
			continue
		}
		if mode := r.node.Get("copy").Get("mode"); mode == nil || !strings.EqualFold(mode.Text, "serial") {
			continue
		}
		loops[r.node] = append(loops[r.node], r)
	}
	for _, turns := range loops {
		size := 1
		p := &place{d: d, ctx: ctx, kind: inHeader, plain: true}
		if n := turns[0].node.Get("copy").Get("batchSize"); n != nil {
			if v, err := p.node(n); err == nil {
				if i, ok := v.(int64); ok && i > 0 {
					size = int(min(i, maxCopy))
				}
			}
		}
		for i, r := range turns {
			batch := i / size
			for j := (batch - 1) * size; batch > 0 && j < batch*size; j++ {
				r.depend(turns[j])
			}
		}
	}
}

// checkCycles refuses resources that wait for each other.
func (d *Deployment) checkCycles() error {
	const (
		unseen = iota
		entered
		left
	)
	state := make(map[*Resource]int, len(d.Resources))
	var visit func(r *Resource) error
	visit = func(r *Resource) error {
		switch state[r] {
		case left:
			return nil
		case entered:
			return problemf(r.node, "Circular dependency detected on resource: '%s'.", r.ID)
		}
		state[r] = entered
		for _, on := range r.DependsOn {
			if err := visit(on); err != nil {
				return err
			}
		}
		state[r] = left
		return nil
	}
	for _, r := range d.Resources {
		if err := visit(r); err != nil {
			return err
		}
	}
	return nil
}

// softDependencies adds what bodies refer to by id with an API version. Templates may do that for resources that wait for
// theirs; so what would close a circle is left out: all between resources that reach each other if every reference counts.
func (d *Deployment) softDependencies() {
	s := circles{number: map[*Resource]int{}, low: map[*Resource]int{}, circle: map[*Resource]int{}}
	for _, r := range d.Resources {
		if s.number[r] == 0 {
			s.visit(r)
		}
	}
	for _, r := range d.Resources {
		for _, on := range r.soft {
			if s.circle[r] != s.circle[on] {
				r.depend(on)
			}
		}
	}
}

// circles finds the sets of resources that reach each other, by Tarjan's algorithm.
type circles struct {
	number, low map[*Resource]int // from one
	circle      map[*Resource]int // which set a resource is in, from one
	stack       []*Resource
	sets        int
}

func (s *circles) visit(r *Resource) {
	s.number[r] = len(s.number) + 1
	s.low[r] = s.number[r]
	s.stack = append(s.stack, r)
	for _, on := range slices.Concat(r.DependsOn, r.soft) {
		switch {
		case s.number[on] == 0:
			s.visit(on)
			s.low[r] = min(s.low[r], s.low[on])
		case s.circle[on] == 0: // still on the stack
			s.low[r] = min(s.low[r], s.number[on])
		}
	}
	if s.low[r] != s.number[r] {
		return
	}
	s.sets++
	for {
		last := s.stack[len(s.stack)-1]
		s.stack = s.stack[:len(s.stack)-1]
		s.circle[last] = s.sets
		if last == r {
			return
		}
	}
}
