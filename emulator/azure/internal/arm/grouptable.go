package arm

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// Group is a resource group.
type Group struct {
	// Name in the creator's spelling.
	Name      string
	Location  string
	Tags      map[string]string
	ManagedBy string
	// Deleting is set from the DELETE on; the group is gone when its resources are.
	Deleting bool

	deletion *deletion // nil unless Deleting
}

// deletion is a resource group on its way out. err is valid once done is closed.
type deletion struct {
	done chan struct{}
	err  error
}

type groupTable struct {
	mu     sync.Mutex
	byName map[string]Group
}

// Group finds a resource group by name, in any case.
func (c *Core) Group(name string) (Group, bool) { return c.groups.get(name) }

func (t *groupTable) get(name string) (Group, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g, ok := t.byName[strings.ToLower(name)]
	g.Tags = maps.Clone(g.Tags)
	return g, ok
}

// change reads, alters and writes a group in one step. change says what to do with the
// group that is there (ok) or not; its error leaves everything as it was.
func (t *groupTable) change(name string, change func(g *Group, ok bool) error) (g Group, created bool, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := strings.ToLower(name)
	g, ok := t.byName[key]
	g.Tags = maps.Clone(g.Tags)
	if err := change(&g, ok); err != nil {
		return Group{}, false, err
	}
	if t.byName == nil {
		t.byName = map[string]Group{}
	}
	t.byName[key] = g
	g.Tags = maps.Clone(g.Tags)
	return g, !ok, nil
}

// takes says whether a group is there to put something into. It is called with mu held.
func (t *groupTable) takes(name string) error {
	switch g, ok := t.byName[strings.ToLower(name)]; {
	case !ok:
		return ResourceGroupNotFound(name)
	case g.Deleting:
		return beingDeleted(g.Name)
	}
	return nil
}

func (t *groupTable) put(g Group) {
	_, _, _ = t.change(g.Name, func(there *Group, _ bool) error { *there = g; return nil })
}

func (t *groupTable) remove(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.byName, strings.ToLower(name))
}

func (t *groupTable) clear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byName = nil
}

func (t *groupTable) list() []Group {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Group, 0, len(t.byName))
	for _, key := range slices.Sorted(maps.Keys(t.byName)) {
		g := t.byName[key]
		g.Tags = maps.Clone(g.Tags)
		list = append(list, g)
	}
	return list
}

// checkGroupName holds Azure's naming rule: 1 to 90 letters and digits of any language,
// - . _ ( ), and no period at the end
// (learn.microsoft.com, azure-resource-manager/management/resource-name-rules).
func checkGroupName(name string) error {
	if n := len([]rune(name)); n > 90 {
		return BadRequest("InvalidParameter", "%s", fmt.Sprintf("The entity name 'resourceGroupName' is invalid: it has %d characters, and at most 90 are allowed.", n))
	}
	var invalid []string
	for _, char := range name {
		if !unicode.IsLetter(char) && !unicode.IsDigit(char) && !strings.ContainsRune("-._()", char) && !slices.Contains(invalid, string(char)) {
			invalid = append(invalid, string(char))
		}
	}
	if len(invalid) == 0 && strings.HasSuffix(name, ".") {
		invalid = []string{"."}
	}
	if len(invalid) > 0 {
		return BadRequest("InvalidResourceGroup",
			"The provided resource group name '%s' has these invalid characters: '%s'. The name can only be a letter, digit, '-', '.', '(', ')' or '_' and must not end with '.'.",
			name, strings.Join(invalid, ""))
	}
	return nil
}
