package azcli

import (
	"slices"
	"strings"
)

// hidden stands for a value that must not be seen.
const hidden = "[hidden]"

// checkSecrets refuses a command that shows a secret to every user of the machine. What begins with @ is not the value:
// az reads that from standard input or a file.
func (r *Runner) checkSecrets(argv []string) error {
	found := slices.ContainsFunc(argv, func(arg string) bool { return r.redact(arg) != arg })
	eachSecret(argv, func(i, from int) {
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
	eachSecret(argv, func(i, from int) {
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
