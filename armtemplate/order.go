package armtemplate

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// batchSize is how many turns of a resource loop are deployed at once, of so many: all unless its mode is serial.
func (p *place) batchSize(l *document.Node, turns int64) (int64, error) {
	mode, err := p.stringMember(l, "mode")
	if err != nil {
		return 0, err
	}
	serial := strings.EqualFold(mode, "serial")
	if !serial && mode != "" && !strings.EqualFold(mode, "parallel") && !strings.HasPrefix(mode, "[") {
		return 0, problemf(l, "The template 'copy' definition at line '%d' and column '%d' has an invalid copy mode '%s'. The supported modes are 'Parallel, Serial'.", l.Pos.Line, l.Pos.Column, mode)
	}
	n := l.Get("batchSize")
	if n.IsNull() {
		if serial {
			return 1, nil
		}
		return turns, nil
	}
	v, err := p.revealed().node(n)
	if err != nil {
		return 0, err
	}
	if _, unknown := v.(*value.Unknown); unknown {
		return 1, nil
	}
	size, ok := v.(int64)
	if !ok || size < 1 || size > turns && turns > 0 {
		return 0, problemf(n, "The template 'copy' definition at line '%d' and column '%d' has an invalid copy batch size. The copy batch size must be a non-negative integer value and cannot exceed the copy count '%d'.", l.Pos.Line, l.Pos.Column, turns)
	}
	if !serial {
		return turns, nil
	}
	return size, nil
}

// serialLoops makes each batch of a serial loop depend on the batch before it.
func (d *Deployment) serialLoops() {
	loops := map[*document.Node][]*Resource{}
	for _, r := range d.Resources {
		if r.batch > 0 && !r.Skipped {
			loops[r.node] = append(loops[r.node], r)
		}
	}
	for _, turns := range loops {
		size := int(turns[0].batch)
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
