package block

import (
	"context"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/pflag"
)

// addSecretFlags declares the three ways to give a secret. None takes the secret itself: other users of the machine can
// read a program's arguments.
func addSecretFlags(fl *pflag.FlagSet, name, what string) {
	fl.Bool(name+"-stdin", false, "read "+what+" from standard input")
	fl.String(name+"-file", "", "read "+what+" from a `file` that holds nothing else")
	fl.String(name+"-env", "", "take "+what+" from the environment variable with this `name`")
}

// requiredSecret is secret, but where none of its flags is given the person at the terminal is asked for it; empty if
// nobody can be.
func (in *input) requiredSecret(ctx context.Context, name, what string) (prefect.SecretStr, error) {
	secret, err := in.secret(ctx, name)
	if secret != "" || err != nil || !in.a.CanAskSecret() {
		return secret, err
	}
	text, err := in.a.AskSecret(ctx, what)
	return prefect.SecretStr(text), err
}

// secret reads one; empty if none of the three flags is given.
func (in *input) secret(ctx context.Context, name string) (prefect.SecretStr, error) {
	flags := []string{}
	for _, way := range []string{"-stdin", "-file", "-env"} {
		if in.given(name+way) && (way != "-stdin" || in.on(name+way)) {
			flags = append(flags, "--"+name+way)
		}
	}
	switch len(flags) {
	case 0:
		return "", nil
	case 1:
	default:
		return "", cmdutil.Usage(strings.Join(flags, " and ")+" cannot be used together", "give one of them")
	}
	flag := flags[0]
	var secret string
	var err error
	switch {
	case strings.HasSuffix(flag, "-stdin"):
		secret, err = in.secretStdin(ctx, flag)
	case strings.HasSuffix(flag, "-file"):
		secret, err = in.a.SecretFromFile(ctx, flag, in.text(name+"-file"))
	default:
		secret, err = in.secretEnv(flag, in.text(name+"-env"))
	}
	if err == nil && secret == prefect.SecretMask {
		return "", cmdutil.Usage(flag+" gives only asterisks, which is how Prefect shows a hidden secret", "give the secret itself")
	}
	return prefect.SecretStr(secret), err
}

func (in *input) secretStdin(ctx context.Context, flag string) (string, error) {
	if in.stdin != "" {
		return "", cmdutil.Usage(fmt.Sprintf("%s and %s: standard input holds one secret", in.stdin, flag), "give the other one from a file or the environment")
	}
	in.stdin = flag
	return in.a.SecretFromStdin(ctx, flag, `pipe it into the same command: printf %s "$SECRET" | …`)
}

// secretEnv never repeats what was given where it is no variable's name: somebody may have written the value there.
func (in *input) secretEnv(flag, variable string) (string, error) {
	value, _ := in.a.Env.LookupEnv(variable)
	if value != "" {
		return value, cmdutil.RefuseInvalidUTF8(flag+": the variable", value)
	}
	return "", cmdutil.Usage(flag+": there is no such variable in the environment, or it is empty", "give the variable's name, and export it")
}
