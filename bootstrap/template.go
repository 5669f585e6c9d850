package bootstrap

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate"
)

//go:embed environment.json
var environment []byte

// Template is the ARM template of the environment.
func Template() []byte { return bytes.Clone(environment) }

// ours reports whether our own template is deployed.
func (r Request) ours() bool { return r.Template == nil }

// template is what is deployed.
func (r Request) template() (*armtemplate.Template, error) {
	if r.Template != nil {
		return r.Template, nil
	}
	return armtemplate.Parse(environment)
}

var notInDeployment = regexp.MustCompile(`[^-\w.()]+`)

// deployment is the name of the deployment: always the same, so that one that runs is found, and the group's history of
// 800 deployments does not fill up.
func (r Request) deployment() string {
	name := TagEnvironment + "-" + r.NamePrefix
	if !r.ours() {
		name = "pacific-template-" + notInDeployment.ReplaceAllString(r.TemplateName, "-")
	}
	return strings.TrimRight(name[:min(len(name), 64)], ".")
}

// parameters are those of our template. secrets are the ones to be written.
func (r Request) parameters(location string, secrets []Secret) (armtemplate.Parameters, error) {
	if !r.ours() {
		return r.Parameters, nil
	}
	values := map[string]any{"location": location, "namePrefix": r.NamePrefix, "prefectApiUrl": "", "prefectApiKey": "", "testSecret": ""}
	for name, value := range map[string]string{"keyVaultName": r.KeyVault, "workerImage": r.Image} {
		if value != "" {
			values[name] = value
		}
	}
	if r.Image != "" {
		values["workPool"], values["queue"] = r.WorkPool, r.Queue
	}
	own := map[string]string{}
	for _, s := range secrets {
		if parameter := secretParameters[s.Name]; parameter != "" {
			values[parameter] = s.Value
		} else {
			own[s.Name] = s.Value
		}
	}
	values["secrets"] = own
	parameters := armtemplate.Parameters{}
	for name, value := range values {
		text, err := json.Marshal(value)
		if err != nil {
			return nil, err
		}
		parameters[name] = armtemplate.Parameter{Value: text}
	}
	return parameters, nil
}

// secretParameters are the parameters for the secrets that have one of their own.
var secretParameters = map[string]string{SecretAPIURL: "prefectApiUrl", SecretAPIKey: "prefectApiKey", SecretTest: "testSecret"}

// fingerprint tells one template with its parameters from another. Secrets are not in it: it is readable for everybody who
// may read the deployment.
func fingerprint(t *armtemplate.Template, d *armtemplate.Deployment, secrets []Secret) string {
	sum := sha256.New()
	sum.Write(t.JSON())
	values := d.Parameters()
	slices.SortFunc(values, func(a, b armtemplate.ParameterValue) int { return strings.Compare(a.Name, b.Name) })
	for _, p := range values {
		if !p.Secure {
			sum.Write([]byte("\x00" + p.Name + "\x00"))
			sum.Write(p.Value)
		}
	}
	for _, one := range secrets {
		if one.Public && !one.IfAbsent {
			sum.Write([]byte("\x00" + one.Name + "\x00" + one.Value))
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:32]
}

// parametersBody is what a deployment sends as its parameters.
func parametersBody(all armtemplate.Parameters) map[string]any {
	type vault struct {
		ID string `json:"id"`
	}
	body := map[string]any{}
	for name, p := range all {
		if p.Secret == nil {
			body[name] = map[string]any{"value": p.Value}
			continue
		}
		reference := map[string]any{"keyVault": vault{p.Secret.VaultID}, "secretName": p.Secret.Name}
		if p.Secret.Version != "" {
			reference["secretVersion"] = p.Secret.Version
		}
		body[name] = map[string]any{"reference": reference}
	}
	return body
}
