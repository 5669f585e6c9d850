package cli

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

func (in *blockInput) jobPlace(block *prefect.AzureContainerInstanceJob) error {
	block.SubscriptionID, block.ResourceGroupName = prefect.SecretStr(in.text("subscription")), in.text("resource-group")
	if in.on("from-env") {
		if err := in.excludedByEnv("subscription"); err != nil {
			return err
		}
		values, err := in.a.environmentSet("SUBSCRIPTION_ID")
		if err != nil {
			return err
		}
		block.SubscriptionID = prefect.SecretStr(values[0])
	}
	switch {
	case block.SubscriptionID == "":
		return &usageError{"--subscription is missing", "give the subscription's id, or --from-env"}
	case block.ResourceGroupName == "":
		return &usageError{"--resource-group is missing", "give the group that the container groups are to be made in"}
	}
	block.Image, block.Name, block.GPUSKU = in.text("image"), in.text("name"), in.text("gpu-sku")
	if in.given("entrypoint") {
		block.Entrypoint = new(in.text("entrypoint"))
	}
	if in.given("stream-output") {
		block.StreamOutput = new(in.on("stream-output"))
	}
	return nil
}

// jobEnvironment reads the variables. Files come first, so that a flag can change one value of a file.
func (in *blockInput) jobEnvironment(block *prefect.AzureContainerInstanceJob) error {
	values := map[string]string{}
	files, err := in.flags.GetStringArray("env-file")
	if err != nil {
		return err
	}
	for _, name := range files {
		more, err := in.a.readEnvFile("--env-file", name, false)
		if err != nil {
			return err
		}
		maps.Copy(values, more)
	}
	given, err := in.pairs("env")
	if err != nil {
		return err
	}
	maps.Copy(values, given)
	block.Env = map[string]*string{}
	for name, value := range values {
		block.Env[name] = &value
	}
	unset, err := in.flags.GetStringArray("unset-env")
	if err != nil {
		return err
	}
	for _, name := range unset {
		if name == "" || strings.Contains(name, "=") {
			return &usageError{"--unset-env takes a variable's name alone", "for example --unset-env PREFECT_API_KEY"}
		}
		if _, both := block.Env[name]; both {
			return &usageError{fmt.Sprintf("%s is given by --env and by --unset-env", name), "leave one of the two out"}
		}
		block.Env[name] = nil
	}
	block.Labels, err = in.pairs("label")
	return err
}

func (in *blockInput) pairs(flag string) (map[string]string, error) {
	given, err := in.flags.GetStringArray(flag)
	if err != nil {
		return nil, err
	}
	values, err := pairs("--"+flag, given)
	if e, ok := errors.AsType[*usageError](err); ok && flag == "env" {
		// run's hint is about secrets, which a block's environment cannot hold.
		return nil, &usageError{e.problem, "for example --env STAGE=test; everybody who sees the block sees the value"}
	}
	return values, err
}

func (in *blockInput) jobSizes(block *prefect.AzureContainerInstanceJob) error {
	for _, size := range []struct {
		flag string
		into *float64
	}{{"cpu", &block.CPU}, {"memory", &block.Memory}} {
		value, err := in.flags.GetFloat64(size.flag)
		if err != nil {
			return err
		}
		if !(value > 0) { // NaN too
			return &usageError{fmt.Sprintf("--%s is %v: it must be more than 0", size.flag, value), ""}
		}
		*size.into = value
	}
	var err error
	if block.GPUCount, err = in.flags.GetInt("gpu-count"); err != nil {
		return err
	}
	if in.given("gpu-count") && block.GPUCount <= 0 {
		return &usageError{fmt.Sprintf("--gpu-count is %d: it must be 1 or more", block.GPUCount), "leave it out for jobs without GPUs"}
	}
	return nil
}

func (in *blockInput) jobTimes(block *prefect.AzureContainerInstanceJob) error {
	start, err := in.flags.GetDuration("start-timeout")
	if err != nil {
		return err
	}
	poll, err := in.flags.GetDuration("poll-interval")
	if err != nil {
		return err
	}
	switch {
	case start < 0 || start%time.Second != 0:
		return &usageError{fmt.Sprintf("--start-timeout is %s: Prefect takes whole seconds", start), "for example --start-timeout 8m"}
	case in.given("poll-interval") && poll <= 0:
		return &usageError{fmt.Sprintf("--poll-interval is %s: it must be more than 0", poll), "for example --poll-interval 10s"}
	}
	if in.given("start-timeout") {
		block.TaskStartTimeoutSeconds = new(int(start / time.Second))
	}
	block.TaskWatchPollInterval = poll.Seconds()
	return nil
}

func (in *blockInput) jobLists(block *prefect.AzureContainerInstanceJob) error {
	for flag, into := range map[string]*[]string{"identity": &block.Identities, "subnet": &block.SubnetIDs, "dns": &block.DNSServers} {
		given, err := in.flags.GetStringArray(flag)
		if err != nil {
			return err
		}
		if len(given) > 0 {
			*into = given
		}
	}
	return nil
}

// blockJobError is a job block that no job can be made of.
type blockJobError struct {
	err error
	// name is the block's, SLUG/NAME, where it was read; flags tells that it is just being made of flags.
	name  string
	flags bool
}

func (e *blockJobError) Error() string {
	if e.name == "" {
		return e.err.Error()
	}
	return "block " + e.name + ": " + e.err.Error()
}
func (e *blockJobError) Unwrap() error { return e.err }

// words has a line for each thing that is wrong, with the names of the flags where there are flags to correct.
func (e *blockJobError) words() words {
	w := words{usage: true}
	for _, one := range templateErrors(e.err) {
		field := one.Field
		if e.flags {
			field = jobFieldFlags(field)
		}
		w.problems = append(w.problems, (&blockJobError{name: e.name, err: &jobtemplate.Error{Field: field, Problem: one.Problem, Err: one.Err}}).Error())
		if one.Want != "" {
			w.hints = append(w.hints, field+": "+one.Want)
		}
	}
	if len(w.problems) == 0 {
		w.problems = []string{e.Error()}
	}
	if e.name != "" {
		w.hints = append(w.hints, "pacific block inspect "+e.name+" shows it; pacific block create … --overwrite corrects it")
	}
	return w
}

// jobFieldFlags puts flags for the fields of a job block that an error names, and keeps index and key: env["1X"] becomes
// --env["1X"]. What no flag gives keeps its name.
func jobFieldFlags(fields string) string {
	all := strings.Split(fields, " and ")
	for i, field := range all {
		base, rest := field, ""
		if at := strings.IndexAny(field, "[."); at >= 0 {
			base, rest = field[:at], field[at:]
		}
		switch flag := jobBlockFlag()[base]; flag {
		case "":
		case commandField:
			all[i] = flag + rest
		default:
			all[i] = "--" + flag + rest
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
