package deployments

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// plan is a template with its parameters: what a deployment is going to do.
type plan struct {
	body       *body
	deployment *armtemplate.Deployment
	// all are the resources, with those of nested deployments.
	all []*armtemplate.Resource
	// secrets are the values of secure parameters, those of nested deployments too, which no error may hold.
	secrets secrets
}

// planned reads a request's deployment and finds all that is wrong with it before anything is made.
func (s *service) planned(r *arm.Request) (*plan, error) {
	b, err := readBody(r.Body)
	if err != nil {
		return nil, err
	}
	p := &plan{body: b, secrets: newSecrets(r.Context())}
	template, err := armtemplate.Parse([]byte(b.source))
	if err != nil {
		return nil, p.invalid(err)
	}
	if kind := template.ScopeKind(); kind != armtemplate.ResourceGroup {
		return nil, arm.BadRequest("InvalidTemplate", "Deployment template validation failed: 'The schema of the template is for deployments at the scope '%s', not at resource group scope.'.", kind)
	}
	p.keepSecrets(template)
	group, _ := s.core.Group(r.Params["resourceGroupName"])
	if group.Tags == nil { // no tags are known, too
		group.Tags = map[string]string{}
	}
	p.deployment, err = template.Evaluate(r.Context(), armtemplate.Options{
		Parameters: b.Properties.given(),
		Name:       s.idOf(r).Name(),
		Scope: armtemplate.Scope{
			Kind: armtemplate.ResourceGroup, TenantID: s.core.TenantID(), TenantName: "Emulated tenant", CountryCode: "US", SubscriptionID: s.core.SubscriptionID(), SubscriptionName: "Emulated subscription",
			ResourceGroup: group.Name, Location: group.Location, Tags: group.Tags,
		},
		TemplateHash: b.Properties.hash(),
		Deployer:     armtemplate.Deployer{TenantID: s.core.TenantID(), ObjectID: r.Principal.ObjectID},
		Secret: func(ctx context.Context, ref armtemplate.SecretReference) (string, error) {
			return s.vaultSecret(ctx, r.Principal, b.Properties.nameOf(ref), ref)
		},
		Secrets: p.secrets.Secrets,
	})
	if err != nil {
		return nil, p.invalid(err)
	}
	p.all, err = p.deployment.Flatten(r.Context())
	if err != nil {
		return nil, p.invalid(err)
	}
	return p, s.preflight(r.Context(), p, s.idOf(r).Name())
}

// keepSecrets notes the secure parameters that the client gave.
func (p *plan) keepSecrets(template *armtemplate.Template) {
	given := p.body.Properties.given()
	for _, info := range template.Parameters() {
		if one, ok := given.Get(info.Name); ok && info.Secure {
			p.secrets.AddJSON(one.Value)
		} else if !ok && info.Secure {
			p.secrets.AddJSON(info.Default)
		}
	}
}

// invalid is the refusal of a template.
func (p *plan) invalid(err error) error {
	known, ok := errors.AsType[*arm.Error](err) // from a key vault
	if ok {
		return p.secrets.masked(known)
	}
	e, ok := errors.AsType[*armtemplate.Error](err)
	if !ok {
		return err
	}
	if errors.Is(err, armtemplate.ErrUnsupported) {
		return p.secrets.masked(arm.NotYet("%s", e.Message))
	}
	return p.secrets.masked(templateError(e))
}

// templateError is an error of a template with the place where it is.
func templateError(e *armtemplate.Error) *arm.Error {
	out := arm.BadRequest(e.Code, "%s", e.Message)
	out.Target = e.Target
	if e.Line > 0 {
		out.AdditionalInfo = []arm.ErrorInfo{{Type: "TemplateViolation", Info: violation{e.Line, e.Column, e.Path}}}
	}
	return out
}

type violation struct {
	LineNumber   int    `json:"lineNumber"`
	LinePosition int    `json:"linePosition"`
	Path         string `json:"path"`
}

// preflight refuses a template with a resource that Azure Resource Manager itself would refuse. What only the service of the
// resource knows comes out when it is deployed.
func (s *service) preflight(ctx context.Context, p *plan, name string) error {
	refused := arm.BadRequest("InvalidTemplateDeployment",
		"The template deployment '%s' is not valid according to the validation procedure. See inner errors for details.", name)
	for _, r := range p.all {
		var e *arm.Error
		if errors.As(s.check(ctx, r), &e) {
			if e.Code == "NotImplemented" {
				return e
			}
			detail := *e
			detail.Target, detail.Header, detail.Status = r.ID, nil, 0
			refused.Details = append(refused.Details, &detail)
		}
	}
	if len(refused.Details) == 0 {
		return nil
	}
	return p.secrets.masked(refused)
}

// check is the refusal of one resource.
func (s *service) check(ctx context.Context, r *armtemplate.Resource) error {
	text, err := r.Body(ctx, nil)
	if err != nil {
		return nil // what cannot be written before the deployment is checked in it
	}
	var resource struct {
		Location   any `json:"location"`
		Properties struct {
			Mode         any   `json:"mode"`
			TemplateLink *link `json:"templateLink"`
		} `json:"properties"`
	}
	_ = json.Unmarshal(text, &resource) // a body of another form has none of these
	if strings.Contains(r.ID, "[") || strings.Contains(r.APIVersion, "[") {
		return nil // the name is not known yet
	}
	switch {
	case strings.EqualFold(r.Type, namespace+"/deploymentStacks"):
		return noStacks()
	case strings.EqualFold(r.Type, deploymentType):
		if err := checkNested(r, resource.Properties.Mode, resource.Properties.TemplateLink); err != nil {
			return err
		}
	}
	location, _ := resource.Location.(string)
	known := !strings.HasPrefix(location, "[")
	if !known {
		location = ""
	}
	if err := s.core.CheckPut(r.ID, r.APIVersion, location); err != nil {
		return err
	}
	if known && strings.TrimSpace(location) == "" && s.core.NeedsLocation(r.Type) {
		return arm.LocationRequired()
	}
	return nil
}

// checkNested refuses nested deployments that the emulator, or Azure, does not do.
func checkNested(r *armtemplate.Resource, mode any, linked *link) error {
	id, err := arm.ParseResourceID(r.ID)
	switch {
	case linked != nil:
		return arm.NotYet("Linked templates: the local Azure reads no template from '%s', which the nested deployment '%s' names.", linked.address(), r.Name)
	case err != nil || id.ResourceGroup == "":
		return arm.NotYet("Deployments above resource groups: the nested deployment '%s' is to be made at '%s', and the local Azure deploys templates in resource groups alone.", r.Name, r.ID)
	}
	if text, _ := mode.(string); strings.EqualFold(text, complete) {
		return arm.BadRequest("InvalidTemplate", "Deployment template validation failed: 'The nested deployment '%s' at line '%d' and column '%d' has the mode 'Complete'. Only 'Incremental' is supported for nested deployments.'.", r.Name, r.Line, r.Column)
	}
	return nil
}
