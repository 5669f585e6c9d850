package job

import (
	"context"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// detach leaves the job to Azure once it is accepted. Its name is all that goes
// to stdout, for `name=$(pacific run --detach …)`.
func (r *jobRun) detach(ctx context.Context) error {
	group, err := r.target.Client.Create(ctx, r.job)
	if err != nil {
		return nameTaken(err, cmdutil.HereFlags(r.in.settings))
	}
	r.a.SetLeftover("")
	if !r.in.flags.quiet {
		r.a.Say.Status(cmdutil.Advice("accepted; follow it with: {}", cmdutil.FollowJob(cmdutil.HereFlags(r.in.settings), group.Name)))
	}
	if r.json {
		return r.a.Out.JSON(runView{Name: group.Name, ID: group.ID, Container: group.Container, Outcome: outcomeDetached})
	}
	r.a.Out.Line("%s", group.Name)
	return nil
}
