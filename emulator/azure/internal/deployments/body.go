package deployments

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// body is a deployment as a client sends it.
type body struct {
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags"`
	Properties *properties       `json:"properties"`

	// source is the template as it was sent, with its comments and lines.
	source string
}

type properties struct {
	Mode           string               `json:"mode"`
	Template       json.RawMessage      `json:"template"`
	TemplateLink   *link                `json:"templateLink"`
	Parameters     map[string]parameter `json:"parameters"`
	ParametersLink *link                `json:"parametersLink"`
	DebugSetting   *struct {
		DetailLevel string `json:"detailLevel"`
	} `json:"debugSetting"`
	OnErrorDeployment   json.RawMessage `json:"onErrorDeployment"`
	ExternalInputs      json.RawMessage `json:"externalInputs"`
	ExternalDefinitions json.RawMessage `json:"externalInputDefinitions"`
	ExtensionConfigs    json.RawMessage `json:"extensionConfigs"`
}

type link struct {
	URI string `json:"uri"`
	ID  string `json:"id"`
}

// parameter is a value, or where it is kept.
type parameter struct {
	Value     json.RawMessage  `json:"value"`
	Reference *secretReference `json:"reference"`
	// Expression is evaluated with the external inputs of the deployment.
	Expression json.RawMessage `json:"expression"`
}

type secretReference struct {
	KeyVault struct {
		ID string `json:"id"`
	} `json:"keyVault"`
	SecretName    string `json:"secretName"`
	SecretVersion string `json:"secretVersion,omitempty"`
}

// isNull reports whether a JSON value is absent or null.
func isNull(v json.RawMessage) bool {
	return len(v) == 0 || string(v) == "null"
}

// readBody reads a deployment and refuses what the emulator does not do.
func readBody(text []byte) (*body, error) {
	if len(text) == 0 {
		return nil, arm.InvalidRequestContent("The request content is empty")
	}
	exact, source, err := strict(text)
	if err != nil {
		return nil, arm.InvalidRequestContent("%v", err)
	}
	b := &body{source: source}
	if err := json.Unmarshal(exact, b); err != nil {
		if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, arm.InvalidRequestContent("Error converting a value of the type %s. Path '%s'", wrong.Value, wrong.Field)
		}
		return nil, arm.InvalidRequestContent("%v", err)
	}
	return b, b.check()
}

func (b *body) check() error {
	p := b.Properties
	switch {
	case p == nil:
		return arm.InvalidRequestContent("Required property 'properties' not found in JSON. Path ''")
	case p.TemplateLink != nil:
		return arm.NotYet("Linked templates: the local Azure reads no template from '%s'. Send it as properties.template.", p.TemplateLink.address())
	case p.ParametersLink != nil:
		return arm.NotYet("Linked parameters: the local Azure reads no parameters from '%s'. Send them as properties.parameters.", p.ParametersLink.address())
	case !isNull(p.OnErrorDeployment):
		return arm.NotYet("Rollback: the local Azure deploys nothing else after a deployment has failed (properties.onErrorDeployment).")
	case p.DebugSetting != nil && p.DebugSetting.DetailLevel != "" && !strings.EqualFold(p.DebugSetting.DetailLevel, "none"):
		return arm.NotYet("Debug settings: the local Azure keeps no requests and answers of deployments (properties.debugSetting.detailLevel '%s').", p.DebugSetting.DetailLevel)
	case !isNull(p.ExternalInputs), !isNull(p.ExternalDefinitions), p.hasExpression():
		return arm.NotYet("External inputs: the local Azure takes parameters as values or as secrets of a key vault alone.")
	case !isNull(p.ExtensionConfigs):
		return arm.NotYet("Extensions: the local Azure deploys Azure's own resources alone (properties.extensionConfigs).")
	case p.Mode == "":
		return arm.InvalidRequestContent("Required property 'mode' not found in JSON. Path 'properties'")
	case isNull(p.Template):
		return arm.BadRequest("InvalidDeployment", "The 'template' property of the deployment is required.")
	case b.Location != "":
		return arm.BadRequest("InvalidDeployment", "The 'location' property is not allowed for a deployment at resource group scope. Please see https://aka.ms/deploy-to-subscription for usage details.")
	}
	for _, mode := range []string{incremental, complete} {
		if strings.EqualFold(p.Mode, mode) {
			p.Mode = mode
			return arm.CheckTags(b.Tags)
		}
	}
	return arm.InvalidRequestContent("Error converting value \"%s\" to type 'DeploymentMode'. Path 'properties.mode'", p.Mode)
}

// The modes of a deployment.
const (
	incremental = "Incremental"
	complete    = "Complete"
)

func (l *link) address() string {
	if l.ID != "" {
		return l.ID
	}
	return l.URI
}

// hasExpression reports whether a parameter is to be computed from external inputs.
func (p *properties) hasExpression() bool {
	for _, one := range p.Parameters {
		if !isNull(one.Expression) {
			return true
		}
	}
	return false
}

// given are the parameters as package armtemplate takes them.
func (p *properties) given() armtemplate.Parameters {
	given := armtemplate.Parameters{}
	for name, value := range p.Parameters {
		one := armtemplate.Parameter{Value: value.Value}
		if ref := value.Reference; ref != nil {
			one.Secret = &armtemplate.SecretReference{VaultID: ref.KeyVault.ID, Name: ref.SecretName, Version: ref.SecretVersion}
		}
		given[name] = one
	}
	return given
}
