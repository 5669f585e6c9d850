package job

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// local runs the job on an Azure that begins and ends with it, in this
// process.
func (r *jobRun) local(ctx context.Context) error {
	engine := r.in.settings.Get("engine")
	if engine == "process" && len(r.job.Command) == 0 && r.job.Base == nil {
		return cmdutil.Usage("--local needs a command: the process engine does not read the image's own",
			"put a command after --, or use --engine docker")
	}
	o := cmdutil.LocalOptions{
		Settings: r.in.settings, StopGrace: r.job.StopGrace,
		Identities: len(r.job.Identities) > 0 || r.job.Base != nil && r.job.Base.Identity != nil,
	}
	if r.in.given("mount") {
		var err error
		if o.Mount, err = r.a.MountFolder(r.in.flags.mount); err != nil {
			return err
		}
	}
	p := r.newProgress()
	p.noImage = engine != "docker"
	if p.noImage && r.job.Image != "" {
		p.say("image ignored: the %s engine does not use it (--engine docker does)", engine)
	}
	local, err := r.a.StartLocalAzure(ctx, o)
	if err != nil {
		return err
	}
	r.target = local.Target
	r.job.Events = p.event
	err = r.watch(ctx, p)
	if endErr := local.Close(); endErr != nil && err == nil {
		return endErr
	}
	return err
}
