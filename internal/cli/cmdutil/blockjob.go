package cmdutil

import (
	"maps"
	"strings"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/spf13/cobra"
)

// jobBlockFlags names the flag that gives a field of the job block, by the name that the field has in its document. The
// field type is always the same.
var jobBlockFlags = map[string]string{
	"env": "env", "labels": "label", "name": "name", "command": CommandField, "aci_credentials": "credentials",
	"resource_group_name": "resource-group", "subscription_id": "subscription", "identities": "identity", "image": "image",
	"entrypoint": "entrypoint", "image_registry": "registry", "cpu": "cpu", "memory": "memory", "gpu_count": "gpu-count", "gpu_sku": "gpu-sku",
	"subnet_ids": "subnet", "dns_servers": "dns", "stream_output": "stream-output", "task_start_timeout_seconds": "start-timeout",
	"task_watch_poll_interval": "poll-interval",
}

// JobBlockFlags is a copy of that table, for a test that holds it against the block.
func JobBlockFlags() map[string]string { return maps.Clone(jobBlockFlags) }

// CommandField is what stands after --, which is no flag.
const CommandField = "the command"

// BlockJobError is a job block that no job can be made of.
type BlockJobError struct {
	Err error
	// Name is the block's, SLUG/NAME, where it was read; flags tells that it is just being made of flags.
	Name  string
	Flags bool
}

func (e *BlockJobError) Error() string {
	if e.Name == "" {
		return e.Err.Error()
	}
	return "block " + e.Name + ": " + e.Err.Error()
}

// Unwrap gives what is wrong with the block.
func (e *BlockJobError) Unwrap() error { return e.Err }

// words has a line for each thing that is wrong, with the names of the flags where there are flags to correct.
func (e *BlockJobError) words(call *cobra.Command) Words {
	w := Words{Usage: true}
	for _, one := range templateErrors(e.Err) {
		field := one.Field
		if e.Flags {
			field = jobFieldFlags(field)
		}
		w.Problems = append(w.Problems, (&BlockJobError{Name: e.Name, Err: &jobtemplate.Error{Field: field, Problem: one.Problem, Err: one.Err}}).Error())
		if one.Hint() != "" {
			w.Hints = append(w.Hints, field+": "+one.Hint())
		}
	}
	if len(w.Problems) == 0 {
		w.Problems = []string{e.Error()}
	}
	if e.Name != "" {
		shown := advice{"{} shows it; to replace it use --overwrite, see {}", []Command{InspectBlock(e.Name), CreateBlockHelp(SlugACIJob)}}
		w.Hints = append(w.Hints, shown.words(call))
	}
	return w
}

// jobFieldFlags puts flags for the fields of a job block that an error names, as [FieldWords] does for those of a job. What no
// flag gives keeps its name.
func jobFieldFlags(fields string) string {
	all := strings.Split(fields, " and ")
	for i, field := range all {
		base, place := cutPlace(field)
		switch flag := jobBlockFlags[base]; {
		case flag == "":
		case flag == CommandField:
			all[i] = commandWords(place)
		case strings.HasPrefix(place, "."): // a field of the registry's block
			all[i] = "--" + flag + place
		default:
			all[i] = "--" + flag + keyWords(place)
		}
	}
	return strings.Join(all, " and ")
}

// templateErrors collects every Error of jobtemplate that was joined into err.
func templateErrors(err error) []*jobtemplate.Error {
	switch e := err.(type) {
	case nil:
		return nil
	case *jobtemplate.Error:
		return []*jobtemplate.Error{e}
	case interface{ Unwrap() []error }:
		var all []*jobtemplate.Error
		for _, one := range e.Unwrap() {
			all = append(all, templateErrors(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return templateErrors(e.Unwrap())
	}
	return nil
}
