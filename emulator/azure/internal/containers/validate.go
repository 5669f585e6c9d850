package containers

import (
	"net/http"
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// A checker validates one definition of a container group. Its methods return the
// first thing wrong as an *arm.Error, in the order in which a reader meets it. It
// changes nothing but the spelling of enumerations, whose case Azure does not count.
type checker struct {
	group string
	body  *groupBody
	props *groupProperties
}

// validate checks a definition and fills in the defaults that Azure shows.
func validate(name string, body *groupBody) error {
	c := checker{group: name, body: body, props: body.Properties}
	if !validContainerName(name) {
		return c.bad("InvalidContainerGroupName", "The container group name '%s' is invalid. It must have 1 to 63 characters: lower-case letters, digits, and hyphens anywhere but first or last.", name)
	}
	if c.props == nil {
		return c.bad("InvalidContainerGroupProperties", "The 'properties' of container group '%s' are required.", name)
	}
	for _, check := range []func() error{
		c.unsupported, c.kind, c.containers, c.amounts, c.identity, c.registries, c.volumes, c.mounts, c.network, c.ports, c.diagnostics,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) bad(code, format string, args ...any) error {
	return arm.Errorf(http.StatusBadRequest, code, format, args...)
}

func (c *checker) notYet(what string) error {
	return arm.NotYet("Container group '%s' asks for %s, which this emulated Azure does not do yet; it refuses rather than ignore it.", c.group, what)
}

// unsupported refuses what Azure knows and the emulator does not do.
func (c *checker) unsupported() error {
	p := c.props
	for _, no := range []struct {
		asked bool
		what  string
	}{
		{p.EncryptionProperties != nil, "encryption with a customer's key (encryptionProperties)"},
		{p.ConfidentialComputeProperties != nil, "confidential computing (confidentialComputeProperties)"},
		{len(p.Extensions) > 0, "extensions"},
		{p.ContainerGroupProfile != nil, "a container group profile"},
		{p.StandbyPoolProfile != nil, "a standby pool"},
		{len(p.SecretReferences) > 0, "secret references"},
	} {
		if no.asked {
			return c.notYet(no.what)
		}
	}
	for _, b := range slices.Concat(p.InitContainers, p.Containers) {
		if err := c.unsupportedInContainer(b); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) unsupportedInContainer(b containerBody) error {
	p := b.Properties
	switch {
	case p == nil:
		return nil
	case p.SecurityContext != nil:
		return c.notYet("a security context in container '" + b.Name + "'")
	}
	return nil
}

// kind checks the enumerations of the group itself.
func (c *checker) kind() error {
	p := c.props
	var ok bool
	// Azure names the group <null> here (issue threads show it so).
	if p.OSType, ok = arm.OneOf(p.OSType, "Windows", "Linux"); !ok {
		return c.bad("InvalidOsType", "The 'osType' for container group '<null>' is invalid. The value must be one of 'Windows,Linux'.")
	}
	if p.OSType == "Windows" {
		return c.notYet("Windows containers")
	}
	if p.RestartPolicy == "" {
		// Stays unset, and so unseen in replies; it works as Always.
	} else if p.RestartPolicy, ok = arm.OneOf(p.RestartPolicy, "Always", "OnFailure", "Never"); !ok {
		return c.bad("InvalidRestartPolicy", "The 'restartPolicy' '%s' of container group '%s' is invalid. The value must be one of 'Always,OnFailure,Never'.", p.RestartPolicy, c.group)
	}
	if p.SKU == "" {
		p.SKU = "Standard"
	}
	if p.SKU, ok = arm.OneOf(p.SKU, "Standard", "Dedicated", "Confidential"); !ok {
		return c.bad("InvalidContainerGroupSku", "The 'sku' '%s' of container group '%s' is invalid. The value must be one of 'Standard,Dedicated,Confidential'.", p.SKU, c.group)
	}
	if p.SKU == "Confidential" {
		return c.notYet("the SKU " + p.SKU)
	}
	if p.Priority != "" {
		if p.Priority, ok = arm.OneOf(p.Priority, "Regular", "Spot"); !ok {
			return c.bad("InvalidContainerGroupPriority", "The 'priority' '%s' of container group '%s' is invalid. The value must be one of 'Regular,Spot'.", p.Priority, c.group)
		}
	}
	return nil
}

// diagnostics are stored and shown without their key; nothing is shipped to a workspace.
func (c *checker) diagnostics() error {
	if c.props.Diagnostics == nil || c.props.Diagnostics.LogAnalytics == nil {
		return nil
	}
	la := c.props.Diagnostics.LogAnalytics
	if la.WorkspaceID == "" || la.WorkspaceKey == "" {
		return c.bad("InvalidLogAnalyticsWorkspace", "The 'workspaceId' and 'workspaceKey' in 'diagnostics.logAnalytics' of container group '%s' are required.", c.group)
	}
	if la.LogType != "" {
		var ok bool
		if la.LogType, ok = arm.OneOf(la.LogType, "ContainerInsights", "ContainerInstanceLogs"); !ok {
			return c.bad("InvalidLogType", "The 'logType' '%s' in 'diagnostics.logAnalytics' of container group '%s' is invalid. The value must be one of 'ContainerInsights,ContainerInstanceLogs'.", la.LogType, c.group)
		}
	}
	return nil
}
