package serviceprincipal

import (
	"context"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// deliver saves the account in the block, if one is named, and prints it on standard output. It fails where nobody has the
// secret after that.
func (c *creation) deliver(ctx context.Context, account *access.Account) error {
	if err := c.saveBlock(ctx, account); err != nil {
		return err
	}
	if c.a.Out.Terminal() {
		c.a.Say.Warning("the secret below is shown this once; keep it where nobody else can read it")
	}
	v := view{ClientID: account.Application.ClientID, Name: account.Application.DisplayName, Secret: account.Secret.Text, Tenant: c.tenant, subscription: c.group.Subscription}
	text, err := v.text(c.o.output)
	if err == nil {
		err = c.a.PrintOnce(text)
	}
	if err != nil && c.prefect != nil {
		c.unprinted = fmt.Errorf("the secret was not printed, only block %s has it: %w", c.o.block, err)
		return nil
	}
	return err
}

// saveBlock saves the account where --block says so.
func (c *creation) saveBlock(ctx context.Context, account *access.Account) error {
	if c.prefect == nil {
		return nil
	}
	_, err := c.prefect.Client.SaveBlock(ctx, c.o.block, &prefect.AzureContainerInstanceCredentials{
		ClientID: account.Application.ClientID, TenantID: c.tenant, ClientSecret: prefect.SecretStr(account.Secret.Text),
	}, prefect.SaveBlockOptions{Overwrite: c.blockOf != ""})
	if err != nil {
		return fmt.Errorf("saving block %s failed: %w", c.o.block, err)
	}
	c.a.Say.Status(fmt.Sprintf("saved block %s/%s", cmdutil.SlugACICredentials, c.o.block))
	return nil
}

// report says what the account may do.
func (c *creation) report(account *access.Account, builtIn access.BuiltIn) {
	role := c.o.role
	if c.o.roleFile != "" || builtIn != "" {
		role = c.roleName
	}
	for _, g := range account.Removed {
		c.a.Say.Status(fmt.Sprintf("took away the role %s in resource group %s, which an earlier run gave", g.RoleName, c.group.Name))
	}
	c.a.Say.Status(fmt.Sprintf("service principal %s has the role %s in resource group %s; its secret is valid until %s",
		c.name, role, c.group.Name, account.Secret.End.Format(time.DateOnly)))
	for _, g := range account.Others {
		c.a.Say.Warning(fmt.Sprintf("it also has the role %s at %s", g.RoleName, g.Scope))
	}
	if builtIn == access.Contributor {
		c.a.Hint(c.cmd, "--role "+cmdutil.RoleJobCreator+" gives fewer rights; {} shows them", cmdutil.ShowRole(cmdutil.RoleJobCreator))
	}
}
