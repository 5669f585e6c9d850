package workpool

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// defaultFlags are the defaults that a command line gives to the variables of a base job template.
type defaultFlags struct {
	set                                      []string
	credentials, resourceGroup, subscription string
	// list is what all of them say, in the order in which they are written; read fills it.
	list []variableDefault
}

// variableDefault is one default. flag is what errors name.
type variableDefault struct{ flag, variable, value string }

// credentialsFlag stands for the variable of --credentials, which depends on the template.
const credentialsFlag = "--credentials"

func (d *defaultFlags) add(a *cmdutil.App, cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringArrayVar(&d.set, "set", nil, "default of a template's variable, as `VARIABLE=VALUE`; lists and objects as JSON, a block as SLUG/NAME; may be repeated")
	fl.StringVar(&d.credentials, "credentials", "", "credentials `block` with which container groups are started, by its name or as SLUG/NAME")
	fl.StringVar(&d.resourceGroup, "resource-group", "", "default of resource_group_name: where container groups are made")
	fl.StringVar(&d.subscription, "subscription", "", "default of subscription_id: the `id` of the resource group's subscription")
	cmdutil.CompleteFlag(cmd, "credentials", a.BlockNames(cmdutil.SlugACICredentials))
}

// any reports whether there are defaults.
func (d *defaultFlags) any() bool { return len(d.list) > 0 }

// read takes the flags over. What the template and the server say is seen later.
func (d *defaultFlags) read(cmd *cobra.Command) error {
	for _, f := range []struct{ flag, variable, value string }{
		{"credentials", "", d.credentials}, {"resource-group", "resource_group_name", d.resourceGroup}, {"subscription", "subscription_id", d.subscription},
	} {
		switch {
		case !cmd.Flags().Changed(f.flag):
		case strings.TrimSpace(f.value) == "":
			return cmdutil.Usage("--"+f.flag+" is empty", "")
		default:
			d.list = append(d.list, variableDefault{"--" + f.flag, f.variable, f.value})
		}
	}
	for _, text := range d.set {
		name, value, found := strings.Cut(text, "=")
		if !found || name == "" {
			return cmdutil.Usage(fmt.Sprintf("--set %q has no value", text), "give VARIABLE=VALUE, such as cpu=2")
		}
		if i := slices.IndexFunc(d.list, func(v variableDefault) bool { return v.variable == name }); i >= 0 {
			return cmdutil.Usage(fmt.Sprintf("%s has two defaults: by %s and by --set %s", name, d.list[i].flag, name), "leave one of them out")
		}
		d.list = append(d.list, variableDefault{"--set " + name, name, value})
	}
	return nil
}

// apply writes the defaults into a template. Blocks must exist and be of a type that the variable takes.
func (d *defaultFlags) apply(ctx context.Context, p *cmdutil.Prefect, raw json.RawMessage) (json.RawMessage, error) {
	if !d.any() {
		return raw, nil
	}
	t, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return nil, cmdutil.WithHint(fmt.Errorf("setting %s: %w", d.list[0].flag, err), "give a template by --base-job-template; that of another type is filled in when its worker starts")
	}
	for _, v := range d.list {
		if v.flag == credentialsFlag {
			if v.variable, err = credentialsVariable(t); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(t.Names(), v.variable) {
			return nil, unknownVariable(v, t.Names())
		}
		if err := setDefault(ctx, p, t, v); err != nil {
			return nil, err
		}
	}
	return json.Marshal(t)
}

func unknownVariable(v variableDefault, known []string) error {
	hint := suggest.Hint(v.variable, known, "variables: "+strings.Join(known, ", "))
	return cmdutil.Usage(fmt.Sprintf("%s: the template has no variable %s", v.flag, v.variable), hint)
}

// credentialsVariable is the variable of a template that takes credentials.
func credentialsVariable(t *jobtemplate.Template) (string, error) {
	names := slices.DeleteFunc(t.Names(), func(name string) bool {
		return name != "credentials" && !strings.HasSuffix(name, "_credentials") || len(t.BlockTypes(name)) == 0
	})
	switch len(names) {
	case 0:
		return "", cmdutil.Usage("--credentials: the template has no variable for a credentials block", "variables: "+strings.Join(t.Names(), ", "))
	case 1:
		return names[0], nil
	}
	return "", cmdutil.Usage("--credentials: the template has several variables for credentials: "+strings.Join(names, ", "), "give --set "+names[0]+"=SLUG/NAME")
}

// setDefault writes one default. A variable that takes a block is given one by its path, or JSON.
func setDefault(ctx context.Context, p *cmdutil.Prefect, t *jobtemplate.Template, v variableDefault) error {
	slugs := t.BlockTypes(v.variable)
	if v.flag != credentialsFlag && (len(slugs) == 0 || strings.HasPrefix(strings.TrimSpace(v.value), "{") || v.value == "null") {
		err := t.SetDefault(v.variable, v.value)
		if wrong, ok := errors.AsType[*jobtemplate.Error](err); ok {
			return cmdutil.Usage(fmt.Sprintf("%s: %s", v.flag, wrong.Problem), wrong.Want)
		}
		return err
	}
	of := ""
	if len(slugs) == 1 {
		of = slugs[0]
	}
	path, err := cmdutil.ParseBlockPath(v.flag, v.value, of)
	if err != nil {
		return err
	}
	if !slices.Contains(slugs, path.Slug) {
		return cmdutil.Usage(fmt.Sprintf("%s %s: must be a block of type %s", v.flag, v.value, strings.Join(slugs, " or ")), "{} lists them", cmdutil.ListBlocksOf(slugs[0]))
	}
	if p == nil {
		return cmdutil.Usage(fmt.Sprintf("%s %s: no Prefect API is set, so the block cannot be looked for", v.flag, v.value), cmdutil.WaysToAPrefect())
	}
	document, err := p.Client.BlockDocumentByName(ctx, path.Slug, path.Name, prefect.MaskSecrets)
	if err != nil {
		return cmdutil.BlockError(err, path)
	}
	return t.SetBlock(v.variable, document.ID)
}
