package worker

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// searchEvery is how often the whole subscription is searched for resource groups while nothing says that a worker has left
// something. Where this worker has served runs it looks each time, and runs that it finds on the server say where they are.
const searchEvery = 30 * time.Minute

// places are the clients of the resource groups that may hold container groups of this worker's runs, its own first. The others
// are those
//
//   - that a list of the whole subscription shows to have one, or, where the worker may not read such a list, that a deployment
//     of the pool names;
//   - that the worker has served since it started. These alone may be in other subscriptions.
func (w *Worker) places(ctx context.Context) []*aci.Client {
	if w.cfg.ContainersFor == nil {
		return []*aci.Client{w.containers()}
	}
	for _, name := range w.search(ctx) {
		if client, err := w.containers().In(name); err == nil {
			w.remember(client)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	places := []*aci.Client{w.ownPlace}
	for _, key := range slices.Sorted(maps.Keys(w.others)) {
		places = append(places, w.others[key])
	}
	return places
}

// remember adds a resource group to those that are looked through. The first client of each stays, until Azure refuses it.
func (w *Worker) remember(client *aci.Client) {
	key := strings.ToLower(client.ResourceGroupID())
	w.mu.Lock()
	defer w.mu.Unlock()
	if old := w.others[key]; (old == nil || w.refusedPlaces[old]) && key != strings.ToLower(w.ownPlace.ResourceGroupID()) {
		delete(w.refusedPlaces, old)
		w.others[key] = client
	}
}

// unreadable deals with a resource group whose list failed: one that does not exist any more is forgotten, and a client that Azure
// refuses makes way for the next one. It says why, once for each reason, until the group is [Worker.readable] again.
func (w *Worker) unreadable(ctx context.Context, client *aci.Client, err error) {
	e, key := azure.Explain(err), strings.ToLower(client.ResourceGroupID())
	w.mu.Lock()
	switch {
	case e == nil:
	case e.Has("ResourceGroupNotFound"):
		delete(w.others, key)
		delete(w.refusedPlaces, client)
		w.mu.Unlock()
		w.warned.over(key)
		return
	case w.others[key] == client && (e.Class == azure.ClassAuthentication || e.Class == azure.ClassAuthorisation):
		w.refusedPlaces[client] = true
	}
	w.mu.Unlock()
	if ctx.Err() == nil && w.warned.news(key, kindOf(err)) {
		w.cfg.Log.WarnContext(ctx, "a resource group that jobs name cannot be looked through; trying again", "resource_group", client.ResourceGroupID(), "error", err)
	}
}

// readable notes that the groups of a place were listed, and says so if that failed before.
func (w *Worker) readable(ctx context.Context, client *aci.Client) {
	if w.warned.over(strings.ToLower(client.ResourceGroupID())) {
		w.cfg.Log.InfoContext(ctx, "a resource group that jobs name can be looked through again", "resource_group", client.ResourceGroupID())
	}
}

// search gives names of resource groups of the worker's own subscription; none if it has listed the subscription lately, and nobody
// has asked for a search since that began. An agent always lists it: it hears of no other that is gone.
func (w *Worker) search(ctx context.Context) []string {
	w.mu.Lock()
	lately := w.queues == nil && w.searched.After(w.searchAsked) && time.Since(w.searched) < searchEvery
	w.mu.Unlock()
	if lately {
		return nil
	}
	began := time.Now()
	list := func() ([]aci.Group, error) {
		return w.containers().List(ctx, aci.ListOptions{Subscription: true, Tags: w.tags()})
	}
	groups, err := list()
	if w.renewOwn(ctx, err) {
		groups, err = list()
	}
	if err == nil {
		w.mu.Lock()
		w.searched = began
		w.mu.Unlock()
		var names []string
		for i := range groups {
			if name := groups[i].ResourceGroup(); name != "" && w.serves(&groups[i]) {
				names = append(names, name)
			}
		}
		return names
	}
	w.cfg.Log.DebugContext(ctx, "the subscription's container groups cannot be listed; looking where deployments say", "error", err)
	if w.queues != nil {
		return nil // the places are in blocks
	}
	var names []string
	query := prefect.Query{WorkPools: prefect.WorkPoolFilter{Name: prefect.Match{Any: []string{w.cfg.Pool}}}}
	for deployment, err := range w.cfg.Prefect.Deployments(ctx, query) {
		if err != nil {
			w.cfg.Log.DebugContext(ctx, "the pool's deployments cannot be read", "error", err)
			return names
		}
		name, _ := deployment.JobVariables["resource_group_name"].(string)
		if name != "" && !strings.ContainsAny(name, "{}/?#") && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// tags are those of the container groups of this worker's pool, or of agents.
func (w *Worker) tags() map[string]string {
	if w.queues != nil {
		return map[string]string{TagQueueID: ""}
	}
	return map[string]string{TagPoolID: string(w.poolNow().ID)}
}

// serves reports whether a group with the tags is of this worker's pool, or of this agent's queues.
func (w *Worker) serves(g *aci.Group) bool { return w.queues == nil || w.queues.serves(g) }

// A placed group is one that was found, with the client for its resource group.
type placed struct {
	aci.Group
	in *aci.Client
}

// groups are those in Azure that were made for this worker's pool, or for this agent's queues. A resource group other than the
// worker's own that cannot be read is left out: what is concluded from a group's absence is confirmed where the run says.
func (w *Worker) groups(ctx context.Context) ([]placed, error) {
	var found []placed
	for i, client := range w.places(ctx) {
		groups, err := client.List(ctx, aci.ListOptions{Tags: w.tags()})
		if err != nil && i == 0 {
			return nil, err
		}
		if err != nil {
			w.unreadable(ctx, client, err)
		} else {
			w.readable(ctx, client)
		}
		for _, g := range groups {
			if w.serves(&g) {
				found = append(found, placed{g, client})
			}
		}
	}
	return found, nil
}
