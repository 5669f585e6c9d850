package jobfile

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// A fileField is one field of a job file.
type fileField struct {
	name string
	read func(f *jobFile, node *yaml.Node, job *aci.Job)
}

// fileFields are all fields of a job file: those of Job but Output.
var fileFields = []fileField{
	{"name", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Name = f.text(n, "name") }},
	{"image", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Image = f.text(n, "image") }},
	{"command", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Command = f.command(n) }},
	{"entrypoint", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Entrypoint = f.text(n, "entrypoint") }},
	{"cpu", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.CPU = f.number(n, "cpu") }},
	{"memoryGB", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.MemoryGB = f.number(n, "memoryGB") }},
	{"gpuCount", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.GPUCount = f.whole(n, "gpuCount") }},
	{"gpuSKU", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.GPUSKU = f.text(n, "gpuSKU") }},
	{"env", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Env = f.texts(n, "env") }},
	{"secureEnv", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.SecureEnv = f.texts(n, "secureEnv") }},
	{"visibleEnv", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.VisibleEnv = f.list(n, "visibleEnv") }},
	{"identities", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Identities = f.list(n, "identities") }},
	{"registries", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Registries = f.registries(n) }},
	{"subnetIDs", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.SubnetIDs = f.list(n, "subnetIDs") }},
	{"dnsServers", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.DNSServers = f.list(n, "dnsServers") }},
	{"startTimeout", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.StartTimeout = f.duration(n, "startTimeout") }},
	{"pollInterval", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.PollInterval = f.duration(n, "pollInterval") }},
	{"timeout", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Timeout = f.duration(n, "timeout") }},
	{"stopGrace", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.StopGrace = f.duration(n, "stopGrace") }},
	{"tags", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Tags = f.texts(n, "tags") }},
	{"location", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Location = f.text(n, "location") }},
	{"keep", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Keep = aci.Keep(f.text(n, "keep")) }},
	{"base", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.Base = f.base(n) }},
	{"mainContainer", func(f *jobFile, n *yaml.Node, j *aci.Job) { j.MainContainer = f.text(n, "mainContainer") }},
}

// job reads the whole tree. A null is a field that is not there.
func (f *jobFile) job(root *yaml.Node) aci.Job {
	var job aci.Job
	byName := map[string]fileField{}
	var names []string
	for _, field := range fileFields {
		byName[canonical(field.name)] = field
		names = append(names, field.name)
	}
	// The flag is --memory and ARM has memoryInGB; people write both here too.
	byName["memory"], byName["memoryingb"] = byName[canonical("memoryGB")], byName[canonical("memoryGB")]
	same := func(key string) string {
		if field, known := byName[canonical(key)]; known {
			return field.name
		}
		return key
	}
	for _, p := range f.pairs(root, "", same) {
		field, ok := byName[canonical(p.key)]
		switch {
		case !ok:
			f.unknown(p.node, "", names)
		case p.value.Tag != "!!null":
			field.read(f, p.value, &job)
		}
	}
	return job
}

// text reads a scalar as it is written.
func (f *jobFile) text(node *yaml.Node, field string) string {
	if node.Kind != yaml.ScalarNode || node.Tag == "!!null" {
		f.wrongKind(node, field, "text")
		return ""
	}
	return node.Value
}

// command reads a list, and says to those who give a line what to do.
func (f *jobFile) command(node *yaml.Node) []string {
	if node.Kind == yaml.ScalarNode {
		f.wrong(node, "command", "must be a list: nothing splits a line into words", `each word as an item, or ["sh", "-c", "…"]`)
		return nil
	}
	return f.list(node, "command")
}

func (f *jobFile) list(node *yaml.Node, field string) []string {
	if node.Kind != yaml.SequenceNode {
		f.wrongKind(node, field, "a list")
		return nil
	}
	var list []string
	for i, item := range node.Content {
		list = append(list, f.text(item, fields.At(field, i)))
	}
	return list
}

func (f *jobFile) texts(node *yaml.Node, field string) map[string]string {
	texts := map[string]string{}
	for _, p := range f.pairs(node, field, func(key string) string { return key }) {
		if p.value.Tag == "!!null" {
			f.wrong(p.value, under(field, p.key), "has no value", `"" for an empty one`)
			continue
		}
		texts[p.key] = f.text(p.value, under(field, p.key))
	}
	return texts
}

func (f *jobFile) number(node *yaml.Node, field string) float64 {
	value, err := strconv.ParseFloat(node.Value, 64)
	if node.Kind != yaml.ScalarNode || err != nil || math.IsNaN(value) || math.IsInf(value, 0) {
		f.wrongKind(node, field, "a number")
		return 0
	}
	return value
}

func (f *jobFile) whole(node *yaml.Node, field string) int {
	value := f.number(node, field)
	if value != math.Trunc(value) || math.Abs(value) > math.MaxInt32 {
		f.wrong(node, field, "must be a whole number", "")
		return 0
	}
	return int(value)
}

func (f *jobFile) duration(node *yaml.Node, field string) time.Duration {
	if node.Kind != yaml.ScalarNode {
		f.wrongKind(node, field, "a duration")
		return 0
	}
	if seconds, err := strconv.ParseFloat(node.Value, 64); err == nil && math.Abs(seconds) < math.MaxInt64/float64(time.Second) {
		return time.Duration(seconds * float64(time.Second))
	}
	value, err := time.ParseDuration(node.Value)
	if err != nil {
		f.wrong(node, field, "must be a duration", `a number of seconds, or text such as "1m30s"`)
	}
	return value
}

func (f *jobFile) registries(node *yaml.Node) []aci.Registry {
	if node.Kind != yaml.SequenceNode {
		f.wrongKind(node, "registries", "a list")
		return nil
	}
	var list []aci.Registry
	for i, item := range node.Content {
		field := fields.At("registries", i)
		var r aci.Registry
		places := map[string]*string{"server": &r.Server, "username": &r.Username, "password": &r.Password, "identity": &r.Identity}
		for _, p := range f.pairs(item, field, canonical) {
			place, ok := places[canonical(p.key)]
			switch {
			case !ok:
				f.unknown(p.node, field, slices.Sorted(maps.Keys(places)))
			case p.value.Tag != "!!null":
				*place = f.text(p.value, under(field, p.key))
			}
		}
		list = append(list, r)
	}
	return list
}
