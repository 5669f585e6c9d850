package prefect

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// problem is one thing that is wrong with a request, as Pydantic tells it.
type problem struct {
	Type string `json:"type"`
	Loc  []any  `json:"loc"`
	Msg  string `json:"msg"`
}

// member is where a problem of a union's member lies: at is the index of the member's name in Loc, -1 for none, and union is
// the path before it.
func (p problem) member() (union, name string, at int) {
	for i, step := range p.Loc {
		name, ok := step.(string)
		if ok && (strings.HasPrefix(name, "function-") || name != "" && unicode.IsUpper([]rune(name)[0])) {
			return fmt.Sprint(p.Loc[:i]), name, i
		}
	}
	return "", "", -1
}

// ofMeantMembers leaves out the problems of those members of a union that were not meant. Pydantic 2 tries all members, such
// as the three kinds of schedules, and tells what is wrong with each; where a member does not know a field that was given,
// another one that knows all of them was meant. The name of that member, a class of Prefect's, is left out of the path.
func ofMeantMembers(problems []problem) []problem {
	strange, meant := map[string]bool{}, map[string]bool{}
	for _, p := range problems {
		if union, name, at := p.member(); at >= 0 && at < len(p.Loc)-1 && p.Type == "extra_forbidden" {
			strange[union+name] = true
		}
	}
	for _, p := range problems {
		if union, name, at := p.member(); at >= 0 && !strange[union+name] {
			meant[union] = true
		}
	}
	var kept []problem
	for _, p := range problems {
		union, name, at := p.member()
		isUnion := at >= 0 && meant[union] && slices.ContainsFunc(problems, func(other problem) bool {
			u, n, _ := other.member()
			return u == union && strange[u+n]
		})
		switch {
		case isUnion && strange[union+name]:
			continue
		case isUnion:
			p.Loc = slices.Delete(slices.Clone(p.Loc), at, at+1)
		}
		kept = append(kept, p)
	}
	return kept
}
