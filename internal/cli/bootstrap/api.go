package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// maxAsking is how long a Prefect API may take to say whether it has a pool. It may well be one that only Azure reaches.
const maxAsking = 10 * time.Second

// api is the Prefect API whose address and key go into the vault.
type api struct {
	url, key string
	// from says where each of them was given.
	urlFrom, keyFrom string
	// settings: the address is that of Prefect's settings, so that other commands find the same server.
	settings bool
}

// findAPI picks out of the secrets what is Prefect's.
func (r *run) findAPI(all []bootstrap.Secret) api {
	var found api
	from := func(s bootstrap.Secret, setting, flag string) string {
		switch {
		case s.IfAbsent:
			return setting + " (" + r.prefect.Settings.Value(setting).Where() + ")"
		case flag != "":
			return flag
		}
		return "--secret " + s.Name
	}
	urlFlag, keyFlag := "", ""
	if r.f.apiURL != "" {
		urlFlag = "--prefect-api-url"
	}
	if r.f.keyStdin {
		keyFlag = "--prefect-api-key-stdin"
	} else if r.f.keyFile != "" {
		keyFlag = "--prefect-api-key-file"
	}
	for _, s := range all {
		switch {
		case strings.EqualFold(s.Name, bootstrap.SecretAPIURL):
			found.url, found.urlFrom = s.Value, from(s, "PREFECT_API_URL", urlFlag)
			found.settings = s.Value == r.prefect.Settings.Value("PREFECT_API_URL").Value
		case strings.EqualFold(s.Name, bootstrap.SecretAPIKey):
			found.key, found.keyFrom = s.Value, from(s, "PREFECT_API_KEY", keyFlag)
		}
	}
	return found
}

// checkAPI refuses an address and a key with which no client of Prefect can be made, and a pool that is not there.
func (r *run) checkAPI(ctx context.Context, all []bootstrap.Secret) error {
	a := r.findAPI(all)
	if strings.ContainsAny(a.key, "\r\n") {
		return cmdutil.Usage(a.keyFrom+": the key of the Prefect API has more than one line", "give the key alone, on one line")
	}
	if a.url == "" {
		return nil
	}
	const hint = "an address is like http://127.0.0.1:4200/api, or for Prefect Cloud https://api.prefect.cloud/api/accounts/ACCOUNT_ID/workspaces/WORKSPACE_ID"
	if wrong := profiles.Mistake(a.url); wrong != "" {
		return cmdutil.Usage(a.urlFrom+" "+wrong, hint)
	}
	if profiles.LacksAPI(a.url) {
		r.a.Say.Warning(a.urlFrom + " does not end in /api, as the address of a Prefect server does")
	}
	o, err := r.prefect.Settings.Options()
	if err != nil {
		return err
	}
	if !a.settings { // what the settings have for their own server is nobody else's
		o.AuthString, o.Headers = "", nil
	}
	o.URL, o.APIKey, o.Retries.Max, o.Timeout = a.url, a.key, -1, maxAsking
	if r.a.Env.Transport != nil {
		o.Transport, o.TLS = r.a.Env.Transport, prefect.TLSOptions{}
	}
	client, err := prefect.NewClient(o)
	if err != nil {
		return cmdutil.Usage(a.urlFrom+": "+err.Error(), hint)
	}
	if r.f.pool != "" {
		return r.checkPool(ctx, a, client)
	}
	return nil
}

// checkPool refuses a pool that is certainly not there: the worker would end, and be started again, for as long as this
// command waits for it. An API that only Azure reaches cannot be asked.
func (r *run) checkPool(ctx context.Context, a api, client *prefect.Client) error {
	asking, cancel := context.WithTimeout(ctx, maxAsking)
	defer cancel()
	pool, err := client.WorkPool(asking, r.f.pool)
	switch {
	case err == nil:
		r.poolThere = a.settings
		if template, err := jobtemplate.ReadTemplate(pool.BaseJobTemplate); err == nil {
			r.poolSignsIn = template.Default("aci_credentials") != nil
		}
	case errors.Is(err, prefect.ErrNotFound):
		missing := fmt.Sprintf("--work-pool: there is no work pool %q on the Prefect API", r.f.pool)
		if a.settings {
			return cmdutil.Usage(missing, "{} creates it", cmdutil.CreatePool(r.f.pool))
		}
		return cmdutil.Usage(missing, "create it there first: a worker without its work pool ends at once")
	case ctx.Err() == nil:
		r.a.Say.Warning(fmt.Sprintf("cannot check that there is a work pool %q: this machine gets no answer from the Prefect API that says so", r.f.pool))
	}
	return nil
}
