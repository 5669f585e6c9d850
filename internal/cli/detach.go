package cli

import "context"

// detach leaves the job to Azure once it is accepted. Its name is all that goes
// to stdout, for `name=$(pacific run --detach …)`.
func (r *jobRun) detach(ctx context.Context) error {
	group, err := r.target.client.Create(ctx, r.job)
	if err != nil {
		return nameTaken(err, hereFlags(r.in.settings))
	}
	r.a.setLeftover("")
	if !r.in.flags.quiet {
		r.a.say.Status("accepted; follow it with: pacific logs -f " + hereFlags(r.in.settings) + group.Name)
	}
	if r.json {
		return r.a.out.JSON(runView{Name: group.Name, ID: group.ID, Container: group.Container, Outcome: outcomeDetached})
	}
	r.a.out.Line("%s", group.Name)
	return nil
}
