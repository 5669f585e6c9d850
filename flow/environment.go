package flow

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

const (
	// runIDVariable names the flow run to execute, in 2.20 and 3.x.
	runIDVariable = "PREFECT__FLOW_RUN_ID"
	// childVariable tells the child of a container's first process that it is one.
	childVariable = "PACIFIC_FLOW_CHILD"
)

// environment is all that the package reads of the process around it. Settings that it does not know are left to Prefect.
func environment() (program, error) {
	p := program{
		name: filepath.Base(os.Args[0]), args: os.Args[1:], environ: os.Environ(), stdout: os.Stdout, stderr: os.Stderr,
		runID:      prefect.ID(os.Getenv(runIDVariable)),
		reschedule: os.Getenv("PREFECT_FLOW_RUN_EXECUTE_SIGTERM_BEHAVIOR") == "reschedule",
		first:      os.Getpid() == 1 && os.Getenv(childVariable) == "",
		options: prefect.Options{
			URL: os.Getenv("PREFECT_API_URL"), APIKey: os.Getenv("PREFECT_API_KEY"), AuthString: os.Getenv("PREFECT_API_AUTH_STRING"),
			CloudURL: os.Getenv("PREFECT_CLOUD_API_URL"),
			TLS:      prefect.TLSOptions{CAFile: os.Getenv("PREFECT_API_SSL_CERT_FILE")},
		},
	}
	var err error
	if p.options.TLS.InsecureSkipVerify, err = boolean("PREFECT_API_TLS_INSECURE_SKIP_VERIFY", false); err != nil {
		return p, err
	}
	csrf, err := boolean("PREFECT_CLIENT_CSRF_SUPPORT_ENABLED", true)
	if err != nil {
		return p, err
	}
	p.options.DisableCSRF = !csrf
	if text := os.Getenv("PREFECT_CLIENT_CUSTOM_HEADERS"); text != "" {
		if json.Unmarshal([]byte(text), &p.options.Headers) != nil { // the text may hold a secret
			return p, errors.New(`PREFECT_CLIENT_CUSTOM_HEADERS is not JSON such as {"NAME": "value"}`)
		}
	}
	level := strings.Replace(strings.ToUpper(os.Getenv("PREFECT_LOGGING_LEVEL")), "WARNING", "WARN", 1)
	if level == "CRITICAL" {
		p.level = slog.LevelError + 4
	} else if level != "" {
		if err := p.level.UnmarshalText([]byte(level)); err != nil {
			return p, fmt.Errorf("PREFECT_LOGGING_LEVEL is %q, want DEBUG, INFO, WARNING, ERROR or CRITICAL", os.Getenv("PREFECT_LOGGING_LEVEL"))
		}
	}
	return p, nil
}

// boolean reads a setting as Prefect does.
func boolean(name string, preset bool) (bool, error) {
	text := strings.ToLower(os.Getenv(name))
	switch text {
	case "":
		return preset, nil
	case "yes", "on", "y":
		return true, nil
	case "no", "off", "n":
		return false, nil
	}
	value, err := strconv.ParseBool(text)
	if err != nil {
		return false, fmt.Errorf("%s is %q, want true or false", name, text)
	}
	return value, nil
}
