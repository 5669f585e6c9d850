package deployments

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// view is a deployment on the wire.
type view struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Type       string            `json:"type"`
	Tags       map[string]string `json:"tags,omitempty"`
	Properties propertiesView    `json:"properties"`
}

type propertiesView struct {
	TemplateHash       string                `json:"templateHash"`
	Parameters         map[string]typedValue `json:"parameters"`
	Mode               string                `json:"mode"`
	ProvisioningState  string                `json:"provisioningState"`
	Timestamp          time.Time             `json:"timestamp"`
	Duration           string                `json:"duration"`
	CorrelationID      string                `json:"correlationId"`
	Providers          []providerView        `json:"providers"`
	Dependencies       []dependency          `json:"dependencies"`
	Outputs            map[string]typedValue `json:"outputs,omitempty"`
	OutputResources    []reference           `json:"outputResources,omitempty"`
	ValidatedResources []reference           `json:"validatedResources,omitempty"`
	Error              *arm.Error            `json:"error,omitempty"`
}

type providerView struct {
	Namespace     string     `json:"namespace"`
	ResourceTypes []typeView `json:"resourceTypes"`
}

type typeView struct {
	ResourceType string   `json:"resourceType"`
	Locations    []string `json:"locations"`
}

// target is a resource that a deployment is about.
type target struct {
	ID           string `json:"id"`
	ResourceType string `json:"resourceType"`
	ResourceName string `json:"resourceName"`
}

// dependency says after which others a resource is made.
type dependency struct {
	DependsOn []target `json:"dependsOn"`
	target
}

type reference struct {
	ID string `json:"id"`
}

// view shows a deployment. It is called with mu held, or for one that nobody else knows.
func (s *service) view(d *record) *view {
	end := time.Now()
	if !d.active() {
		end = d.changed
	}
	return &view{
		ID: d.id.String(), Name: d.id.Name(), Type: d.id.Type(), Tags: d.tags,
		Properties: propertiesView{
			TemplateHash: d.hash, Parameters: d.parameters, Mode: d.mode, ProvisioningState: d.state, Timestamp: d.changed, Duration: duration(end.Sub(d.began)),
			CorrelationID: d.correlation, Providers: d.providers, Dependencies: d.depends, Outputs: maps.Clone(d.outputs), OutputResources: slices.Clone(d.made), Error: d.err,
		},
	}
}

// duration is ISO 8601's form.
func duration(d time.Duration) string { return fmt.Sprintf("PT%.7fS", max(0, d).Seconds()) }

// providers are those of the template's own resources, with their types.
func (p *plan) providers() []providerView {
	types := map[string]map[string]bool{}
	for _, r := range p.deployment.Resources {
		if r.Skipped || r.Existing {
			continue
		}
		namespace, name, _ := strings.Cut(r.Type, "/")
		if types[namespace] == nil {
			types[namespace] = map[string]bool{}
		}
		types[namespace][name] = true
	}
	views := []providerView{}
	for _, namespace := range slices.Sorted(maps.Keys(types)) {
		v := providerView{Namespace: namespace}
		for _, name := range slices.Sorted(maps.Keys(types[namespace])) {
			v.ResourceTypes = append(v.ResourceTypes, typeView{name, []string{}})
		}
		views = append(views, v)
	}
	return views
}

// dependencies are those of the template's own resources.
func (p *plan) dependencies() []dependency {
	list := []dependency{}
	for _, r := range p.deployment.Resources {
		if r.Skipped || r.Existing || len(r.DependsOn) == 0 {
			continue
		}
		d := dependency{target: *p.shown(r)}
		for _, on := range r.DependsOn {
			d.DependsOn = append(d.DependsOn, *p.shown(on))
		}
		list = append(list, d)
	}
	return list
}

// shown is a resource without secrets in its name.
func (p *plan) shown(r *armtemplate.Resource) *target {
	return &target{p.secrets.Mask(r.ID), r.Type, p.secrets.Mask(r.Name)}
}

// references are the resources of the template and of those nested in it. None of them is there yet, so that nobody could
// read a secret in its name.
func (p *plan) references() []reference {
	var list []reference
	for _, r := range p.all {
		list = append(list, reference{p.secrets.Mask(r.ID)})
	}
	return list
}

// operationView is one operation on the wire.
type operationView struct {
	ID          string                  `json:"id"`
	OperationID string                  `json:"operationId"`
	Properties  operationPropertiesView `json:"properties"`
}

type operationPropertiesView struct {
	ProvisioningOperation string         `json:"provisioningOperation"`
	ProvisioningState     string         `json:"provisioningState"`
	Timestamp             time.Time      `json:"timestamp"`
	Duration              string         `json:"duration"`
	TrackingID            string         `json:"trackingId"`
	StatusCode            string         `json:"statusCode,omitempty"`
	StatusMessage         *statusMessage `json:"statusMessage,omitempty"`
	TargetResource        *target        `json:"targetResource,omitempty"`
}

type statusMessage struct {
	Status string     `json:"status,omitempty"`
	Error  *arm.Error `json:"error,omitempty"`
}

// viewOperation is called with mu held.
func (d *record) viewOperation(op *operation) operationView {
	end := time.Now()
	if op.state != running {
		end = op.changed
	}
	v := operationView{
		ID: d.id.Child("operations", op.id).String(), OperationID: op.id,
		Properties: operationPropertiesView{
			ProvisioningOperation: op.kind, ProvisioningState: op.state, Timestamp: op.changed, Duration: duration(end.Sub(op.began)), TrackingID: op.tracking,
			StatusCode: op.status, TargetResource: op.target,
		},
	}
	if op.err != nil {
		v.Properties.StatusMessage = &statusMessage{Status: arm.Failed, Error: op.err}
	}
	return v
}
