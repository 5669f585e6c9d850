package block

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

func (in *input) jobPlace(block *prefect.AzureContainerInstanceJob) error {
	block.SubscriptionID, block.ResourceGroupName = prefect.SecretStr(in.text("subscription")), in.text("resource-group")
	if in.on("from-env") {
		if err := in.excludedByEnv("subscription"); err != nil {
			return err
		}
		values, err := environmentSet(in.a, "SUBSCRIPTION_ID")
		if err != nil {
			return err
		}
		block.SubscriptionID = prefect.SecretStr(values[0])
	}
	switch {
	case block.SubscriptionID == "":
		return cmdutil.Usage("--subscription is missing", "give the subscription's id, or --from-env")
	case block.ResourceGroupName == "":
		return cmdutil.Usage("--resource-group is missing", "give the resource group for the container groups")
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
func (in *input) jobEnvironment(block *prefect.AzureContainerInstanceJob) error {
	values := map[string]string{}
	files, err := in.flags.GetStringArray("env-file")
	if err != nil {
		return err
	}
	for _, name := range files {
		more, err := in.a.ReadEnvFile("--env-file", name, false)
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
			return cmdutil.Usage("--unset-env takes a variable's name alone", "for example --unset-env PREFECT_API_KEY")
		}
		if _, both := block.Env[name]; both {
			return cmdutil.Usage(fmt.Sprintf("%s is given by --env and by --unset-env", name), "leave one of the two out")
		}
		block.Env[name] = nil
	}
	block.Labels, err = in.pairs("label")
	return err
}

func (in *input) pairs(flag string) (map[string]string, error) {
	given, err := in.flags.GetStringArray(flag)
	if err != nil {
		return nil, err
	}
	values, err := cmdutil.Pairs("--"+flag, given)
	if e, ok := errors.AsType[*cmdutil.UsageError](err); ok && flag == "env" {
		// run's hint is about secrets, which a block's environment cannot hold.
		return nil, cmdutil.Usage(e.Problem, "for example --env STAGE=test; everybody who sees the block sees the value")
	}
	return values, err
}

func (in *input) jobSizes(block *prefect.AzureContainerInstanceJob) error {
	for _, size := range []struct {
		flag string
		into *float64
	}{{"cpu", &block.CPU}, {"memory", &block.Memory}} {
		value, err := in.flags.GetFloat64(size.flag)
		if err != nil {
			return err
		}
		if !(value > 0) { // NaN too
			return cmdutil.Usage(fmt.Sprintf("--%s is %v: it must be more than 0", size.flag, value), "")
		}
		*size.into = value
	}
	var err error
	if block.GPUCount, err = in.flags.GetInt("gpu-count"); err != nil {
		return err
	}
	if in.given("gpu-count") && block.GPUCount <= 0 {
		return cmdutil.Usage(fmt.Sprintf("--gpu-count is %d: it must be 1 or more", block.GPUCount), "leave it out for jobs without GPUs")
	}
	return nil
}

func (in *input) jobTimes(block *prefect.AzureContainerInstanceJob) error {
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
		return cmdutil.Usage(fmt.Sprintf("--start-timeout is %s: Prefect takes whole seconds", start), "for example --start-timeout 8m")
	case in.given("poll-interval") && poll <= 0:
		return cmdutil.Usage(fmt.Sprintf("--poll-interval is %s: it must be more than 0", poll), "for example --poll-interval 10s")
	}
	if in.given("start-timeout") {
		block.TaskStartTimeoutSeconds = new(int(start / time.Second))
	}
	block.TaskWatchPollInterval = poll.Seconds()
	return nil
}

func (in *input) jobLists(block *prefect.AzureContainerInstanceJob) error {
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
