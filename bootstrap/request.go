package bootstrap

import (
	"fmt"

	"github.com/pacific-aci/pacific/armtemplate"
)

// The defaults of a [Request].
const (
	DefaultResourceGroup = "aci-rg"
	DefaultLocation      = "northeurope"
	DefaultNamePrefix    = "prefect"
)

// The secrets that every environment has.
const (
	SecretAPIURL = "prefect-api-url"
	SecretAPIKey = "prefect-api-key"
	SecretTest   = "testsecret"
)

// TagEnvironment is on all that the template makes. Its value is the prefix of the names.
const TagEnvironment = "pacific-bootstrap"

// Request says what to make. The zero value of a field means its default, but for Subscription.
type Request struct {
	// Subscription is an id, and Tenant that of its directory. Tenant may be empty.
	Subscription, Tenant string
	// ResourceGroup is made if it does not exist; aci-rg.
	ResourceGroup string
	// Location is the region of everything; that of the resource group if there is one, else DefaultLocation.
	Location string
	// DefaultLocation is the region where neither Location nor a resource group says one; northeurope.
	DefaultLocation string
	// NamePrefix begins all names; prefect.
	NamePrefix string
	// KeyVault is the vault's name. The default is that of the environment's only vault, also of a deleted one; where there is
	// none, it follows from the subscription, the resource group and the prefix.
	KeyVault string
	// Image holds the program pacific. Empty: no worker is made.
	Image string
	// WorkPool is what the worker polls; or Queue, a work queue of Prefect 2, is what an agent polls.
	WorkPool, Queue string
	// Secrets go into the vault, each name once.
	Secrets []Secret

	// Template is deployed in the place of ours, with Parameters. Then ResourceGroup and the locations alone count of the
	// fields above; TemplateName names the deployment.
	Template     *armtemplate.Template
	TemplateName string
	Parameters   armtemplate.Parameters
	// Commented: the template's text has comments, of which other tools may know nothing.
	Commented bool
}

// Secret is one secret of the vault.
type Secret struct {
	Name, Value string
	// IfAbsent leaves one of this name that the vault has as it is.
	IfAbsent bool
	// Public: the value is no secret, so that the deployment's fingerprint may tell whether it is another one than the last
	// time. Whether a real secret has changed is seen only by who may read the vault.
	Public bool
}

// String and GoString keep the value out of every text.
func (s Secret) String() string { return fmt.Sprintf("secret %s", s.Name) }

// GoString is String for the verb %#v.
func (s Secret) GoString() string { return s.String() }

func (r Request) withDefaults() Request {
	for _, f := range []struct {
		to    *string
		value string
	}{{&r.ResourceGroup, DefaultResourceGroup}, {&r.DefaultLocation, DefaultLocation}, {&r.NamePrefix, DefaultNamePrefix}} {
		if *f.to == "" {
			*f.to = f.value
		}
	}
	return r
}

// groupID is the ARM id of the resource group, be it there or not.
func (r Request) groupID() string {
	return "/subscriptions/" + r.Subscription + "/resourceGroups/" + r.ResourceGroup
}
