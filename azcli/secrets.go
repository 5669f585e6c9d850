package azcli

import (
	"slices"
	"strings"
)

// hidden stands for a value that must not be seen.
const hidden = "[hidden]"

// secretOptions are az's options whose value is a secret.
var secretOptions = []string{"--password", "--client-secret", "--registry-password", "--secret", "--account-key", "--sas-token", "--federated-token"}

// shortPassword are the commands in which -p is short for --password.
var shortPassword = []string{"login", "acr login", "ad app create", "ad app update"}

// secretOption reports whether an option's value is a secret in the command argv.
func secretOption(argv []string, option string) bool {
	if option == "-p" {
		line := strings.Join(argv, " ")
		return slices.ContainsFunc(shortPassword, func(c string) bool { return line == c || strings.HasPrefix(line, c+" ") })
	}
	return slices.Contains(secretOptions, option)
}

// eachSecretOption calls f for each value of a secret option: argv[i][from:].
func eachSecretOption(argv []string, f func(i, from int)) {
	for i, arg := range argv {
		if option, _, ok := strings.Cut(arg, "="); ok && secretOption(argv, option) {
			f(i, len(option)+1)
		} else if i > 0 && secretOption(argv, argv[i-1]) {
			f(i, 0)
		}
	}
}

// checkSecrets refuses a command that shows a secret to every user of the machine. What begins with @ is not the value:
// az reads that from standard input or a file.
func (r *Runner) checkSecrets(argv []string) error {
	found := slices.ContainsFunc(argv, func(arg string) bool { return r.redact(arg) != arg })
	eachSecretOption(argv, func(i, from int) {
		found = found || !strings.HasPrefix(argv[i][from:], "@")
	})
	if found {
		return &SecretError{Command: r.shown(argv)}
	}
	return nil
}

// shown is a command as messages and logs may show it.
func (r *Runner) shown(argv []string) string {
	words := slices.Clone(argv)
	eachSecretOption(argv, func(i, from int) {
		if !strings.HasPrefix(argv[i][from:], "@") {
			words[i] = argv[i][:from] + hidden
		}
	})
	for i, word := range words {
		words[i] = quote(r.redact(word))
	}
	return strings.Join(append([]string{"az"}, words...), " ")
}

// redact blots the runner's secrets out of a text.
func (r *Runner) redact(text string) string {
	for _, secret := range r.Secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, hidden)
		}
	}
	return text
}
