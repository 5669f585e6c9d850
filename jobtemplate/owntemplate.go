package jobtemplate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/aci/jobfile"
	"github.com/pacific-aci/pacific/armtemplate"
)

const (
	// armField is how errors call the template.
	armField = "job_configuration." + armTemplate
	// groupType is the only type of resource that a job can be.
	groupType = "Microsoft.ContainerInstance/containerGroups"
	// nameParameter is the parameter that Prefect's own worker gives.
	nameParameter = "container_group_name"
	// regionOfGroup stands for the region of the resource group, which is not known here.
	regionOfGroup = "region-of-the-resource-group"
)

// ownTemplate is a pool's own ARM template with all placeholders replaced.
type ownTemplate struct {
	text []byte
	// filled are the texts that came in by a placeholder, the longest first. They may be secret.
	filled []string
}

func newOwnTemplate(ctx context.Context, template any, f *filler, r *resolver) (*ownTemplate, error) {
	if _, ok := template.(map[string]any); !ok {
		return nil, &Error{Kind: ErrTemplate, Field: armField, Problem: "must be an object, and is " + nature(template)}
	}
	resolved, err := r.resolve(ctx, f.fill(template, armTemplate))
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(resolved)
	if err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: armField, Problem: "it is not valid JSON", Err: err}
	}
	written := map[string]bool{}
	eachText(template, func(s string) { written[s] = true })
	t := &ownTemplate{text: text}
	eachText(resolved, func(s string) {
		if s != "" && !written[s] {
			t.filled = append(t.filled, s)
		}
	})
	slices.SortFunc(t.filled, func(a, b string) int { return len(b) - len(a) })
	return t, nil
}

// eachText calls do with each text inside a value.
func eachText(v any, do func(string)) {
	switch v := v.(type) {
	case string:
		do(v)
	case []any:
		for _, e := range v {
			eachText(e, do)
		}
	case map[string]any:
		for _, e := range v {
			eachText(e, do)
		}
	}
}

// shortest is the length from which a text is masked wherever it stands. A shorter one could be a part of any word, and is
// masked only between quotation marks.
const shortest = 6

// masked is a message of the template language without what came in by placeholders: it quotes values.
func (t *ownTemplate) masked(message string) string {
	for _, text := range t.filled {
		if len(text) >= shortest {
			message = strings.ReplaceAll(message, text, "***")
		} else {
			message = strings.ReplaceAll(message, "'"+text+"'", "'***'")
		}
	}
	return message
}

// explained is an error of the template language.
func (t *ownTemplate) explained(err error, kind error, where string) error {
	if e, ok := errors.AsType[*notKnown](err); ok {
		return &Error{Kind: ErrNotOneGroup, Field: armField, Problem: where + " needs " + t.masked(e.what) + ", which only a deployment can answer",
			Want: "write the value into the template, or give it as a job variable"}
	}
	e, ok := errors.AsType[*armtemplate.Error](err)
	if !ok {
		return err // the end of the context
	}
	problem := e.Message
	if e.Expression != "" && !strings.Contains(problem, e.Expression) {
		problem += " The expression is " + e.Expression
	}
	if where != "" {
		problem = where + ": " + problem
	}
	return &Error{Kind: kind, Field: armField, Problem: t.masked(problem)}
}

// notKnown is what a template asks of a deployment.
type notKnown struct{ what string }

func (e *notKnown) Error() string { return e.what }

// nothingKnown answers as if there were no deployment, which there is not.
var nothingKnown = &armtemplate.Resolver{
	Reference: func(_ context.Context, r armtemplate.ReferenceRequest) (json.RawMessage, error) {
		return nil, &notKnown{"reference('" + r.ResourceID + "')"}
	},
	List: func(_ context.Context, r armtemplate.ListRequest) (json.RawMessage, error) {
		return nil, &notKnown{r.Function + "('" + r.ResourceID + "')"}
	},
}

// group evaluates the template into the one container group that it must be.
func (t *ownTemplate) group(ctx context.Context, c configuration, name string) (*baseGroup, error) {
	template, err := armtemplate.Parse(t.text)
	if err != nil {
		return nil, t.explained(err, ErrTemplate, "")
	}
	parameters := armtemplate.Parameters{}
	for _, p := range template.Parameters() {
		if strings.EqualFold(p.Name, nameParameter) {
			encoded, err := json.Marshal(name)
			if err != nil {
				return nil, err
			}
			parameters[p.Name] = armtemplate.Parameter{Value: encoded}
		}
	}
	d, err := template.Evaluate(ctx, armtemplate.Options{
		Parameters: parameters, Name: "prefect-" + name,
		Scope: armtemplate.Scope{
			Kind: armtemplate.ResourceGroup, SubscriptionID: c.subscription, ResourceGroup: c.resourceGroup, Location: regionOfGroup,
		},
	})
	if err != nil {
		return nil, t.explained(err, ErrTemplate, "")
	}
	resource, err := t.only(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.Outputs(ctx, nothingKnown); err != nil {
		where := "an output"
		if e, ok := errors.AsType[*armtemplate.Error](err); ok && e.Target != "" {
			where = "output " + e.Target
		}
		return nil, t.explained(err, ErrNotOneGroup, where)
	}
	body, err := resource.Body(ctx, nothingKnown)
	if err != nil {
		return nil, t.explained(err, ErrNotOneGroup, t.called(resource))
	}
	return t.base(body, t.called(resource), c)
}

// called names a resource in errors.
func (t *ownTemplate) called(r *armtemplate.Resource) string {
	return t.masked(fmt.Sprintf("%s %q", r.Type, r.Name))
}

// only is the one resource that the template deploys.
func (t *ownTemplate) only(d *armtemplate.Deployment) (*armtemplate.Resource, error) {
	refuse := func(problem, want string) error {
		return &Error{Kind: ErrNotOneGroup, Field: armField, Problem: problem, Want: want}
	}
	var group *armtemplate.Resource
	for _, r := range d.Resources {
		switch {
		case r.Existing || r.Skipped:
		case strings.EqualFold(r.Type, "Microsoft.Resources/deployments"):
			return nil, refuse(t.called(r)+" is a nested deployment, and a job is one container group", "put the container group into the template itself")
		case !strings.EqualFold(r.Type, groupType):
			return nil, refuse(t.called(r)+" would be deployed too, and a job is one container group",
				"create it beforehand, and let the template refer to it by its id")
		case group != nil:
			return nil, refuse(t.called(r)+" is a second container group, and a job is one", "put its containers into the first one")
		default:
			group = r
		}
	}
	if group == nil {
		return nil, refuse("no resource of type "+groupType+" is deployed", "the template needs one, as in Prefect's default")
	}
	return group, nil
}

// baseGroup is a container group that a template gave.
type baseGroup struct {
	job aci.Job
	// image: a variable gives one. cpu and memory: the template says nothing of it.
	image, cpu, memory bool
}

// base reads the body of a container group. What the job's own values take the place of is left out.
func (t *ownTemplate) base(body []byte, called string, c configuration) (*baseGroup, error) {
	var group map[string]any
	if err := decode(body, &group); err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: armField, Problem: called + " is not a JSON object"}
	}
	if location, _ := group["location"].(string); strings.EqualFold(location, regionOfGroup) {
		delete(group, "location") // it is the default of every job
	}
	elsewhere := false
	eachText(group, func(s string) { elsewhere = elsewhere || strings.Contains(strings.ToLower(s), regionOfGroup) })
	if elsewhere {
		return nil, &Error{Kind: ErrNotOneGroup, Field: armField, Problem: called + " uses the region of its resource group in another place than its location",
			Want: "write the region into the template"}
	}
	main, _ := lookUp(group, "properties.containers.0.properties", false).(map[string]any)
	if main == nil {
		return nil, &Error{Kind: ErrTemplate, Field: armField, Problem: called + " has no container with properties", Want: "the first container is the job"}
	}
	delete(main, "command") // a text where Prefect's default has a placeholder
	properties, _ := group["properties"].(map[string]any)
	for name, given := range map[string]bool{"imageRegistryCredentials": len(c.registries) > 0, "subnetIds": len(c.subnets) > 0, "dnsConfig": len(c.dns) > 0} {
		if given {
			delete(properties, name)
		}
	}
	if len(c.identities) > 0 {
		delete(group, "identity")
	}
	requests, _ := lookUp(main, "resources.requests", false).(map[string]any)
	text, err := json.Marshal(map[string]any{"base": group})
	if err != nil {
		return nil, &Error{Kind: ErrTemplate, Field: armField, Problem: called + " is not valid JSON", Err: err}
	}
	b := &baseGroup{image: c.imageGiven, cpu: requests["cpu"] == nil, memory: requests["memoryInGB"] == nil}
	if image, _ := main["image"].(string); image == "" {
		b.image = true
	}
	if b.job, err = jobfile.Read(strings.NewReader(string(text))); err != nil {
		return nil, t.unreadable(err, called)
	}
	return b, nil
}

// unreadable is the error of a body that is no container group; it has the places and not the values.
func (t *ownTemplate) unreadable(err error, called string) error {
	all := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		all = joined.Unwrap()
	}
	var found []error
	for _, one := range all {
		problem, want := "it is not a container group in ARM's form", ""
		if invalid, ok := errors.AsType[*aci.InvalidError](one); ok {
			problem, want = strings.TrimPrefix(strings.TrimPrefix(invalid.Field, "base"), ".")+": "+invalid.Rule, invalid.Want
		}
		found = append(found, &Error{Kind: ErrTemplate, Field: armField, Problem: called + ": " + t.masked(strings.TrimPrefix(problem, ": ")), Want: want})
	}
	return errors.Join(found...)
}

// lay puts the container group below a job's own values.
func (b *baseGroup) lay(job *aci.Job) {
	job.Base = b.job.Base
	if !b.image {
		job.Image = ""
	}
	if !b.cpu {
		job.CPU = 0
	}
	if !b.memory {
		job.MemoryGB = 0
	}
}
