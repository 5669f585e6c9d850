package template

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// maxTemplate is a little more than ARM takes, so that ARM's own message for a template that is too large can be shown.
const maxTemplate = 8 << 20

type options struct {
	file       string
	parameters []string
	set        []string
	name       string
	scope      string
	group      string // of managementGroup scope
}

func newEvaluate(a *cmdutil.App) *cobra.Command {
	var o options
	cmd := &cobra.Command{
		Use:   "evaluate FILE",
		Short: "Print what an ARM template would deploy",
		Long: `Evaluate prints the resources that an ARM template deploys, and its outputs, as
JSON: parameters and variables filled in, loops unrolled, conditions decided,
nested templates taken apart. It sends nothing, and needs no account.

What only the running deployment can know stays an expression: a reference to
another resource, the keys of a storage account, the region and the tenant if
--location and --tenant-id are not given. So does all that is computed of a
secure parameter, so that no secret is printed. Ids are those of --subscription
and --resource-group, or placeholders. FILE can be - for standard input.`,
		Example: cmdutil.Lines(
			"pacific template evaluate main.json --parameters main.parameters.json",
			"pacific template evaluate main.json --set name=web --set replicas=3",
			"pacific template evaluate main.json --output json | jq -r '.resources[].id'",
		),
		Annotations: map[string]string{cmdutil.TakesBytes: "true"},
		Args:        oneFile,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.file = args[0]
			return runEvaluate(a, cmd, o)
		},
	}
	f := cmd.Flags()
	f.StringArrayVarP(&o.parameters, "parameters", "p", nil, "`file` with parameters; repeat it for several, the last value of a parameter wins")
	f.StringArrayVar(&o.set, "set", nil, "a parameter as `NAME=VALUE`, over those of files; VALUE is JSON unless the parameter is a string")
	f.StringVar(&o.name, "name", "", "name of the deployment (default: that of FILE, without its extension)")
	f.StringVar(&o.scope, "scope", "", "what it is deployed to: resourceGroup, subscription, managementGroup or tenant (default: what its $schema says)")
	f.StringVar(&o.group, "management-group", "", "management group that it is deployed to")
	cmdutil.AddSettings(cmd, "subscription", "resource-group", "location", "tenant-id", "output")
	return cmd
}

// oneFile takes the one template to evaluate.
func oneFile(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return cmdutil.Usage(cmd.CommandPath()+" needs a template", "give its file, or - for standard input")
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one template, got also %q", cmd.CommandPath(), args[1]), "give parameters with --parameters or --set")
	}
	return nil
}

func runEvaluate(a *cmdutil.App, cmd *cobra.Command, o options) error {
	ctx := cmd.Context()
	if err := o.check(); err != nil {
		return err
	}
	settings, err := a.Settings(cmd)
	if err != nil {
		return err
	}
	text, err := a.ReadInput(ctx, "", o.file, maxTemplate)
	if err != nil {
		return err
	}
	t, err := armtemplate.Parse(text)
	if err != nil {
		return cmdutil.TemplateError("evaluating", o.file, err)
	}
	if err := o.checkGroup(t); err != nil {
		return err
	}
	parameters, err := readParameters(ctx, a, t, o)
	if err != nil {
		return err
	}
	scope, err := scopeOf(settings, o)
	if err != nil {
		return err
	}
	d, err := t.Evaluate(ctx, armtemplate.Options{Parameters: parameters, Scope: scope, Name: deploymentName(o), HideSecrets: true})
	if err != nil {
		return cmdutil.TemplateError("evaluating", o.file, err)
	}
	result, err := viewOf(ctx, d)
	if err != nil {
		return cmdutil.TemplateError("evaluating", o.file, err)
	}
	for _, leak := range d.Leaks() {
		a.Say.Warning(fmt.Sprintf("%s:%d:%d: %s", cmdutil.InputName(o.file), leak.Line, max(leak.Column, 1), leak))
	}
	if settings.Get("output") == "json" {
		return a.Out.JSON(result)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, result, "", "  "); err != nil {
		return err
	}
	_, err = fmt.Fprintln(a.Stdout, indented.String())
	return err
}

// check refuses what can't work before anything is read.
func (o options) check() error {
	if strings.EqualFold(filepath.Ext(o.file), ".bicep") {
		return cmdutil.Usage(o.file+" is Bicep, not an ARM template", "compile it with bicep build, and give the JSON")
	}
	from := 0
	for _, name := range append([]string{o.file}, o.parameters...) {
		if name == "-" {
			from++
		}
	}
	if from > 1 {
		return cmdutil.Usage("only one of FILE and --parameters can be -", "standard input can be read once: give files for the others")
	}
	return nil
}

// checkGroup refuses a management group that the deployment does not go to.
func (o options) checkGroup(t *armtemplate.Template) error {
	scope := o.scope
	if scope == "" {
		scope = string(t.ScopeKind())
	}
	if o.group == "" || strings.EqualFold(scope, string(armtemplate.ManagementGroup)) {
		return nil
	}
	return cmdutil.Usage("--management-group does not go with the scope "+scope, "give --scope managementGroup too, or leave it out")
}

func deploymentName(o options) string {
	if o.name != "" || o.file == "-" {
		return o.name
	}
	base := filepath.Base(o.file)
	return strings.TrimSuffix(base, filepath.Ext(base))
}

func scopeOf(settings *config.Config, o options) (armtemplate.Scope, error) {
	kinds := []string{string(armtemplate.ResourceGroup), string(armtemplate.Subscription), string(armtemplate.ManagementGroup), string(armtemplate.Tenant)}
	s := armtemplate.Scope{
		TenantID: settings.Get("tenant-id"), SubscriptionID: settings.Get("subscription"), ResourceGroup: settings.Get("resource-group"),
		Location: settings.Get("location"), ManagementGroup: o.group,
	}
	for _, k := range kinds {
		if strings.EqualFold(k, o.scope) {
			s.Kind = armtemplate.ScopeKind(k)
		}
	}
	if o.scope != "" && s.Kind == "" {
		return s, cmdutil.UnknownValue("--scope", o.scope, kinds)
	}
	if s.SubscriptionID != "" && !cmdutil.IsID(s.SubscriptionID) {
		return s, cmdutil.Usage(fmt.Sprintf("subscription %q is not an id, and this command does not ask Azure for that of a name", s.SubscriptionID),
			"give an id such as 11111111-2222-3333-4444-555555555555 with --subscription")
	}
	if s.ResourceGroup != "" {
		if err := provision.CheckResourceGroup(s.ResourceGroup); err != nil {
			return s, cmdutil.Usage(err.Error(), "")
		}
	}
	return s, nil
}

// readParameters reads the parameter files and lays --set over them.
func readParameters(ctx context.Context, a *cmdutil.App, t *armtemplate.Template, o options) (armtemplate.Parameters, error) {
	all := armtemplate.Parameters{}
	put := func(name string, p armtemplate.Parameter) {
		for old := range all {
			if strings.EqualFold(old, name) {
				delete(all, old)
			}
		}
		all[name] = p
	}
	for _, file := range o.parameters {
		text, err := a.ReadInput(ctx, "--parameters", file, maxTemplate)
		if err != nil {
			return nil, err
		}
		given, err := armtemplate.ParseParameters(text)
		if err != nil {
			return nil, cmdutil.ParametersError(file, err)
		}
		for name, p := range given {
			put(name, p)
		}
	}
	for _, s := range o.set {
		name, text, ok := strings.Cut(s, "=")
		if !ok || name == "" {
			return nil, cmdutil.Usage(fmt.Sprintf("--set %q is not NAME=VALUE", s), "for example --set location=westeurope")
		}
		v, err := parameterValue(t, name, text)
		if err != nil {
			return nil, err
		}
		put(name, armtemplate.Parameter{Value: v})
	}
	return all, nil
}

// parameterValue reads a value by the type of its parameter: as it is for a string, else as JSON.
func parameterValue(t *armtemplate.Template, name, text string) (json.RawMessage, error) {
	kind, secure := "", false
	var names []string
	for _, p := range t.Parameters() {
		names = append(names, p.Name)
		if strings.EqualFold(p.Name, name) {
			kind, secure = strings.ToLower(p.Type), p.Secure
		}
	}
	switch {
	case len(names) == 0:
		return nil, cmdutil.Usage(fmt.Sprintf("--set %s: the template has no parameters", name), "leave --set out")
	case !slices.ContainsFunc(names, func(other string) bool { return strings.EqualFold(other, name) }):
		return nil, cmdutil.Usage(fmt.Sprintf("--set %s: the template has no such parameter; it has %s", name, strings.Join(names, ", ")), "")
	}
	if kind == "string" || kind == "securestring" {
		return json.Marshal(text)
	}
	if kind == "int" && json.Valid([]byte(text)) {
		if _, err := strconv.ParseInt(strings.Trim(text, `"`), 10, 64); err == nil {
			return json.RawMessage(text), nil
		}
	} else if json.Valid([]byte(text)) {
		return json.RawMessage(text), nil
	}
	if _, known := wanted[kind]; !known { // not a parameter of the template, or one of any type
		return json.Marshal(text)
	}
	if secure {
		text = "***"
	}
	return nil, cmdutil.Usage(fmt.Sprintf("--set %s=%s: the parameter %s wants %s", name, text, name, wanted[kind].what), fmt.Sprintf("for example --set %s", fmt.Sprintf(wanted[kind].example, name)))
}

// wanted is what a value of each type must be, and an example of one, quoted for a shell.
var wanted = map[string]struct{ what, example string }{
	"int":          {"a whole number", "%s=3"},
	"bool":         {"true or false", "%s=true"},
	"array":        {"a JSON array", `'%s=["1", "2"]'`},
	"object":       {"a JSON object", `'%s={"key": "value"}'`},
	"secureobject": {"a JSON object", `'%s={"key": "value"}'`},
}
