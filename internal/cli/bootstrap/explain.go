package bootstrap

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/internal/suggest"
)

// explain says what to do about an error, and what became of the rest.
func (r *run) explain(err error) error {
	if err == nil {
		return nil
	}
	if sig := cmdutil.Signalled(r.cmd.Context(), err); sig != nil {
		return r.interrupted(sig, err)
	}
	if e, ok := errors.AsType[*bootstrap.ParameterError](err); ok {
		return cmdutil.Usage(r.f.template+": "+e.Error(), "give "+e.Parameter+" a valid name in the file of --parameters")
	}
	if e, ok := errors.AsType[*bootstrap.NameError](err); ok {
		return cmdutil.Usage(e.Error(), "see {}", cmdutil.Help(r.cmd))
	}
	if e, ok := errors.AsType[*bootstrap.ElsewhereError](err); ok {
		return cmdutil.Usage(e.Error(), "leave out --location, or name another --resource-group")
	}
	if e, ok := errors.AsType[*bootstrap.ManyVaultsError](err); ok {
		return cmdutil.Usage(e.Error(), "give one of them with --keyvault-name")
	}
	if e, ok := errors.AsType[*bootstrap.LocationError](err); ok {
		return cmdutil.Usage(e.Error(), suggest.Hint(e.Location, e.Known, "give one of these with --location: "+strings.Join(e.Known, ", ")))
	}
	if e, ok := errors.AsType[*bootstrap.TemplateError](err); ok {
		return cmdutil.TemplateError("deploying", cmp.Or(r.f.template, "our template"), e.Err)
	}
	if e, ok := errors.AsType[*bootstrap.WorkerError](err); ok {
		where := []string{"--resource-group", r.f.group}
		return cmdutil.WithHint(err, "{} shows its output; then run the same command again", cmdutil.ReadJob(where, e.Name))
	}
	if e, ok := errors.AsType[*bootstrap.DeletedSecretError](err); ok {
		err = cmdutil.WithHint(err, fmt.Sprintf("az keyvault secret recover --vault-name %s --name %s recovers it, for who has the role Key Vault Secrets Officer there", e.Vault, e.Name))
	}
	err = r.taken(err)
	if _, ok := errors.AsType[*steps.Error](err); ok && len(r.progress.changed) > 0 {
		r.a.SayError(err, r.cmd)
		r.a.Say.Status(rest(r.f.destroy, passes(err)))
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return err
}

// taken says which flag gives another name where a name is taken.
func (r *run) taken(err error) error {
	if r.f.template != "" {
		return err // its names are the parameters'
	}
	if e, ok := errors.AsType[*bootstrap.VaultNameError](err); ok {
		const other = "give another name with --keyvault-name"
		switch {
		case e.Prefix != "":
			return cmdutil.WithHint(err, "{} deletes it for good; or "+other, cmdutil.PurgeEnvironment(e.Group, e.Prefix))
		case e.Deleted && !e.Foreign:
			return cmdutil.WithHint(err, "purge it with az keyvault purge --name "+cmdutil.ShellWord(e.Name)+", or "+other)
		}
		return cmdutil.WithHint(err, other)
	}
	e, ok := errors.AsType[*bootstrap.ForeignError](err)
	switch {
	case !ok:
		return err
	case e.Prefix != "":
		return cmdutil.WithHint(err, "give --name-prefix "+e.Prefix+", or another one")
	case e.Kind == bootstrap.KindVault:
		return cmdutil.WithHint(err, "give another name with --keyvault-name, or other names for everything with --name-prefix")
	}
	return cmdutil.WithHint(err, "give other names with --name-prefix, or another --resource-group")
}

// passes reports whether the same command can succeed after this error: what Azure refuses for a value, a policy or a reason
// that nobody knows stays refused until something is changed.
func passes(err error) bool {
	e := azure.Explain(err)
	if e == nil {
		return true
	}
	switch e.Class {
	case azure.ClassInvalid, azure.ClassImage, azure.ClassPolicy, azure.ClassUnknown:
		return false
	}
	return true
}

// rest says how to go on after a run that did not come to its end. passes: the same command can succeed.
func rest(destroy, passes bool) string {
	stays, again := "what was made stays", "make the rest"
	if destroy {
		stays, again = "the rest stays", "delete it"
	}
	if !passes {
		return stays + "; correct what the error names, then run the command again to " + again
	}
	return stays + "; run the same command again to " + again
}

// stepWords are [steps.Error.Doing] for people.
var stepWords = map[string]string{"create": "making the", "mend": "updating the", "remove": "deleting"}

// doing says what a step was about when it was interrupted.
func doing(e *steps.Error) string {
	kind, name, _ := strings.Cut(e.Step, ": ")
	switch {
	case e.Doing == "check":
		return ""
	case bootstrap.Kind(kind) == bootstrap.KindRunning:
		return " while waiting for the worker to run"
	case bootstrap.Kind(kind) == bootstrap.KindDeletedVault && e.Doing == "remove":
		return " while purging key vault " + name
	case bootstrap.Kind(kind) == bootstrap.KindDeletedVault:
		return " while recovering the key vault"
	case bootstrap.Kind(kind) == bootstrap.KindProviders:
		return " while registering resource providers"
	}
	return strings.TrimSuffix(fmt.Sprintf(" while %s %s %s", stepWords[e.Doing], kind, name), " ")
}

// interrupted says what a signal has interrupted, and what became of it.
func (r *run) interrupted(sig *cmdutil.SignalError, err error) error {
	work, began, deploying := "", len(r.progress.changed) > 0, false
	if e, ok := errors.AsType[*steps.Error](err); ok && e.Doing != "check" {
		work, began = doing(e), true
		deploying = bootstrap.Kind(e.Step) == bootstrap.KindDeployment && !r.f.destroy
	}
	what := "bootstrapping resource group "
	if r.f.destroy {
		what = "deleting the environment in resource group "
	}
	r.a.Say.Error(fmt.Sprintf("%s%s: %s%s", what, r.f.group, sig, work), "")
	if began {
		r.a.Say.Status(rest(r.f.destroy, true))
	} else {
		r.a.Say.Status("nothing was changed")
	}
	if deploying {
		r.a.Say.Status("the deployment goes on in Azure, and the next run waits for it")
	}
	return cmdutil.Exit(sig.Code())
}
