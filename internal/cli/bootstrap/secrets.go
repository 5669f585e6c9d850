package bootstrap

import (
	"context"
	"crypto/rand"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
)

// readSecrets are the secrets for the vault: those of the flags, which are written, and those that Prefect's settings have,
// which are written only where the vault has none.
func (r *run) readSecrets(ctx context.Context) ([]bootstrap.Secret, error) {
	var all []bootstrap.Secret
	given := map[string]string{} // the flags, by the names of the secrets in small letters
	add := func(flag string, s bootstrap.Secret) error {
		name := strings.ToLower(s.Name)
		if other := given[name]; other == flag {
			return cmdutil.Usage(flag+" is given twice", "")
		} else if other != "" {
			return cmdutil.Usage(fmt.Sprintf("%s and %s both give the secret %s", other, flag, name), "give one of them")
		}
		given[name] = flag
		all = append(all, s)
		return nil
	}
	key, err := r.apiKey(ctx)
	if err != nil {
		return nil, err
	}
	if key != "" {
		flag := "--prefect-api-key-file"
		if r.f.keyStdin {
			flag = "--prefect-api-key-stdin"
		}
		if err := add(flag, bootstrap.Secret{Name: bootstrap.SecretAPIKey, Value: key}); err != nil {
			return nil, err
		}
	}
	if r.f.apiURL != "" {
		if cmdutil.URLWithPassword(r.f.apiURL) {
			return nil, cmdutil.Usage("--prefect-api-url: the address has a password, which others can see on the command line",
				"write the address into a file and give --secret "+bootstrap.SecretAPIURL+"=@FILE")
		}
		if err := add("--prefect-api-url", bootstrap.Secret{Name: bootstrap.SecretAPIURL, Value: r.f.apiURL, Public: true}); err != nil {
			return nil, err
		}
	}
	for _, flag := range r.f.secrets {
		name, from, _ := strings.Cut(flag, "=")
		value, err := r.read(ctx, name, from)
		if err != nil {
			return nil, err
		}
		if err := add("--secret "+name, bootstrap.Secret{Name: name, Value: value}); err != nil {
			return nil, err
		}
	}
	for _, s := range []struct{ name, setting string }{{bootstrap.SecretAPIURL, "PREFECT_API_URL"}, {bootstrap.SecretAPIKey, "PREFECT_API_KEY"}} {
		if value := r.prefect.Settings.Value(s.setting).Value; value != "" && given[s.name] == "" {
			if err := cmdutil.RefuseInvalidUTF8(s.setting, value); err != nil {
				return nil, err
			}
			if err := add(s.setting, bootstrap.Secret{Name: s.name, Value: value, IfAbsent: true}); err != nil {
				return nil, err
			}
		}
	}
	if given[bootstrap.SecretTest] == "" {
		all = append(all, bootstrap.Secret{Name: bootstrap.SecretTest, Value: rand.Text(), IfAbsent: true})
	}
	if given[bootstrap.SecretAPIURL] == "" && !r.f.noWorker {
		return nil, cmdutil.Usage("the worker needs the address of a Prefect API: no --prefect-api-url is given, and PREFECT_API_URL is not set",
			"give --prefect-api-url, or set it: {}", cmdutil.SetLocalAPI())
	}
	if err := r.checkAPI(ctx, all); err != nil {
		return nil, err
	}
	r.warnOfThisMachine(all)
	return all, nil
}

// warnOfThisMachine says that containers in Azure cannot reach a Prefect API on this machine. Those of a local Azure can.
func (r *run) warnOfThisMachine(all []bootstrap.Secret) {
	if strings.Contains(r.settings.Get("cloud"), "://") {
		return
	}
	for _, s := range all {
		address, err := url.Parse(s.Value)
		if s.Name != bootstrap.SecretAPIURL || err != nil {
			continue
		}
		if host := address.Hostname(); host == "localhost" || net.ParseIP(host).IsLoopback() {
			r.a.Say.Warning("the Prefect API at " + host + " is on this machine: containers in Azure cannot reach it")
		}
	}
}

// apiKey is the key that a flag gives; empty: none does.
func (r *run) apiKey(ctx context.Context) (string, error) {
	switch {
	case r.f.keyStdin && r.a.CanAskSecret():
		return r.a.AskSecret(ctx, "Prefect API key")
	case r.f.keyStdin:
		return r.a.SecretFromStdin(ctx, "--prefect-api-key-stdin", "pipe the key into the command, or give --prefect-api-key-file")
	case r.f.keyFile != "":
		return r.a.SecretFromFile(ctx, "--prefect-api-key-file", r.f.keyFile)
	}
	return "", nil
}

// read reads the secret of a name from "-" or "@FILE".
func (r *run) read(ctx context.Context, name, from string) (string, error) {
	if file, ok := strings.CutPrefix(from, "@"); ok {
		return r.a.SecretFromFile(ctx, "--secret "+name, file)
	}
	if r.a.CanAskSecret() {
		return r.a.AskSecret(ctx, "Secret "+name)
	}
	return r.a.SecretFromStdin(ctx, "--secret "+name, "pipe the secret into the command, or give @FILE")
}
