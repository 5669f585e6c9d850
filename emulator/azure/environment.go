package azureemulator

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Variable is one environment variable.
type Variable struct{ Name, Value string }

// Environment is what a program needs so that unmodified clients (az, Azure's SDKs, Pacific) take this emulator for
// Azure. It holds secrets.
func (l *Local) Environment() []Variable {
	account, url, bundle := l.Server.Account(), l.URL(), l.bundle()
	const local = "localhost,127.0.0.1,::1"
	return []Variable{
		{"HTTPS_PROXY", url}, {"https_proxy", url}, {"NO_PROXY", local}, {"no_proxy", local},
		{"REQUESTS_CA_BUNDLE", bundle}, {"SSL_CERT_FILE", bundle}, {"CURL_CA_BUNDLE", bundle}, {"NODE_EXTRA_CA_CERTS", bundle},
		{"WEBSOCKET_CLIENT_CA_BUNDLE", bundle},
		{"AZURE_CONFIG_DIR", l.azFolder()}, {"AZURE_CORE_COLLECT_TELEMETRY", "0"}, {"AZURE_CORE_SURVEY_MESSAGE", "0"},
		{"AZURE_CORE_NO_COLOR", "1"},
		{"AZURE_TENANT_ID", account.TenantID}, {"AZURE_CLIENT_ID", account.ClientID}, {"AZURE_CLIENT_SECRET", account.ClientSecret},
		{"AZURE_SUBSCRIPTION_ID", account.SubscriptionID},
		{"PACIFIC_RESOURCE_GROUP", l.Server.resourceGroup},
		{"PACIFIC_CLOUD", url}, {"PACIFIC_EMULATOR_URL", url}, {"PACIFIC_EMULATOR_TOKEN", l.Server.ControlToken()},
	}
}

// WriteEnvFile writes variables for a POSIX shell, export NAME='value' a line, mode 0600, in one rename: who sees the
// file sees all of it. What is there and no regular file is an error: the rename would put a file with secrets in
// the place of /dev/null.
func WriteEnvFile(path string, variables []Variable) error {
	if there, err := os.Stat(path); err == nil && !there.Mode().IsRegular() {
		return fmt.Errorf("writing the environment file %s: it is not a regular file: name one, or a file that does not exist yet", path)
	}
	var text bytes.Buffer
	for _, v := range variables {
		fmt.Fprintf(&text, "export %s='%s'\n", v.Name, strings.ReplaceAll(v.Value, "'", `'\''`))
	}
	// CreateTemp makes files of mode 0600.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return fmt.Errorf("writing the environment file %s: %w", path, err)
	}
	_, err = file.Write(text.Bytes())
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
		return fmt.Errorf("writing the environment file %s: %w", path, err)
	}
	return nil
}

// systemAuthorities is the machine's own file of authorities, in PEM. The variables above replace a client's own, so
// without these its other connections would break. Empty where there is no such file (Windows, whose programs ask the
// system instead).
func systemAuthorities(lookupEnv func(string) (string, bool)) []byte {
	files := []string{
		"/etc/ssl/certs/ca-certificates.crt",                // Debian, Ubuntu, Alpine, Arch
		"/etc/pki/tls/certs/ca-bundle.crt",                  // Fedora, RHEL
		"/etc/ssl/ca-bundle.pem",                            // openSUSE
		"/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // CentOS
		"/etc/ssl/cert.pem",                                 // macOS, BSD
	}
	if lookupEnv != nil {
		if file, ok := lookupEnv("SSL_CERT_FILE"); ok && file != "" {
			files = append([]string{file}, files...)
		}
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && bytes.Contains(text, []byte("BEGIN CERTIFICATE")) {
			return append(bytes.TrimRight(text, "\n"), '\n')
		}
	}
	return nil
}
