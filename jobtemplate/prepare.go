package jobtemplate

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// flowRunIDEnv tells the program in the container which run it is.
const flowRunIDEnv = "PREFECT__FLOW_RUN_ID"

// environment lays the layers of the container's environment over each other: Prefect's settings, what tells the run,
// and what pool, deployment and run give. What is null at the end is not set.
func (in *Input) environment(own map[string]*string, attribution bool) map[string]string {
	layers := map[string]any{}
	for name, value := range in.Settings {
		if value != "" {
			layers[name] = value
		}
	}
	if in.FlowRun.ID != "" {
		layers[flowRunIDEnv] = string(in.FlowRun.ID)
	}
	if attribution && (in.Version.AtLeast(3, 6, 17) || in.Version.Major == 0) {
		layers = overlay(layers, in.attribution())
	}
	upper := map[string]any{}
	for name, value := range own {
		upper[name] = nil
		if value != nil {
			upper[name] = *value
		}
	}
	env := map[string]string{}
	for name, value := range overlay(layers, upper) {
		if value, ok := value.(string); ok {
			env[name] = value
		}
	}
	return env
}

// attribution is what lets the server tell whose requests the container's are (from 3.6.17 on).
func (in *Input) attribution() map[string]any {
	given := map[string]any{}
	set := func(name, value string) {
		if value != "" {
			given["PREFECT__"+name] = value
		}
	}
	set("WORKER_ID", string(in.WorkerID))
	set("WORKER_NAME", in.WorkerName)
	set("FLOW_ID", string(in.FlowRun.FlowID))
	set("DEPLOYMENT_ID", string(in.FlowRun.DeploymentID))
	if in.Flow != nil {
		set("FLOW_NAME", in.Flow.Name)
	}
	if in.Deployment != nil {
		set("DEPLOYMENT_NAME", in.Deployment.Name)
	}
	return given
}

// labels are those that tell the flow run, with the given ones over them. A block's lack some of a pool's.
func (in *Input) labels(own map[string]string, block bool) map[string]string {
	labels := map[string]string{}
	set := func(name, value string) {
		if value != "" {
			labels["prefect.io/"+name] = value
		}
	}
	if in.FlowRun.ID != "" {
		set("flow-run-id", string(in.FlowRun.ID))
		set("flow-run-name", in.FlowRun.Name)
		set("version", in.Version.Text)
	}
	if in.WorkPool != nil && in.newest() && !block {
		set("work-pool-name", in.WorkPool.Name)
		set("work-pool-id", string(in.WorkPool.ID))
	}
	if in.newest() && !block {
		set("worker-name", in.WorkerName)
	}
	if in.Flow != nil {
		set("flow-name", in.Flow.Name)
		if !block {
			set("flow-id", string(in.Flow.ID))
		}
	}
	if d := in.Deployment; d != nil {
		set("deployment-name", d.Name)
		set("deployment-updated", in.moment(d.Updated))
		if !block {
			set("deployment-id", string(d.ID))
		}
	}
	maps.Copy(labels, own)
	return labels
}

// moment writes a time as the Python of that version does: microseconds if there are any, and UTC as +00:00 (3.x) or Z.
func (in *Input) moment(t prefect.Time) string {
	if t.IsZero() {
		return ""
	}
	form := "2006-01-02T15:04:05"
	if t.Nanosecond() >= int(time.Microsecond) {
		form += ".000000"
	}
	zone := "Z"
	if in.newest() {
		zone = "+00:00"
	}
	return t.UTC().Format(form) + zone
}

const (
	longestTag   = 512 // of a tag's name, in ARM
	longestValue = 256 // of its value
	// maxTags is Resource Manager's limit, of which twelve are left for Pacific's own tags.
	maxTags     = 50
	pacificTags = 12
)

// TagName is the name of the tag that a label becomes: Azure takes none of < > % & \ ? / and control characters, in
// whose place stands a hyphen. prefect.io/flow-run-id becomes prefect.io-flow-run-id.
func TagName(label string) string {
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>%&\?/`, r) || r < ' ' || r == 0x7f {
			return '-'
		}
		return r
	}, label)
	for len(name) > longestTag {
		runes := []rune(name)
		name = string(runes[:len(runes)-1])
	}
	return name
}

// tags makes tags of labels: names as [TagName] says, values cut to what Azure takes. Names know no case; of several
// labels that give one tag, one of own's wins. Those that Azure has no room for are dropped: the last of own, by name.
func tags(labels, own map[string]string) (made map[string]string, dropped []string, err error) {
	r, names := &reader{}, map[string]string{}
	made = map[string]string{}
	put := func(label string) {
		name := TagName(label)
		if name == "" {
			return
		}
		if strings.HasPrefix(strings.ToLower(name), aci.TagPrefix) {
			r.wrong(fmt.Sprintf("labels[%q]", label), "would be a tag that Pacific sets itself", "give it another name")
			return
		}
		fold := strings.ToLower(name)
		if _, again := names[fold]; !again && len(made) == maxTags-pacificTags {
			dropped = append(dropped, label)
			return
		}
		delete(made, names[fold])
		names[fold] = name
		value := []rune(labels[label])
		made[name] = string(value[:min(len(value), longestValue)])
	}
	for _, mine := range []bool{false, true} {
		for _, label := range slices.Sorted(maps.Keys(labels)) {
			if _, ok := own[label]; ok == mine {
				put(label)
			}
		}
	}
	return made, dropped, r.err()
}
