// Package fakeaz is test support: a stand-in for Azure's command line, az, for tests that cannot install the real one.
//
// It knows the commands that Pacific runs, with az 2.91's arguments, output, errors and exit codes, and asks an emulated
// Azure what the real az asks. The end-to-end tests run the same commands through both and compare. Only what Pacific reads
// is printed, and nothing is asked a second time when Azure fails.
package fakeaz

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Az is an az that is signed in. It is safe for concurrent use.
type Az struct {
	// Transport reaches the emulated Azure.
	Transport http.RoundTripper
	// The account that az is signed in with.
	TenantID, SubscriptionID, ClientID, ClientSecret string
	// Docker says that there is a docker to sign in to registries.
	Docker bool
	// SignedOut is an az that nobody has signed in.
	SignedOut bool

	mu     sync.Mutex
	tokens map[string]string
}

// Output is how a command ended.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// command is one command of az.
type command struct {
	// options are those that take a value or more, and flags those that take none.
	options, flags []string
	// required are the options without which az refuses.
	required []string
	do       func(*call) (any, error)
}

var commands = map[string]command{
	"account list":                     {do: (*call).accountList},
	"provider show":                    {options: []string{"--namespace"}, required: []string{"--namespace"}, do: (*call).providerShow},
	"group exists":                     {options: []string{"--name"}, required: []string{"--name"}, do: (*call).groupExists},
	"group show":                       {options: []string{"--name"}, required: []string{"--name"}, do: (*call).groupShow},
	"group create":                     {options: []string{"--name", "--location", "--tags"}, required: []string{"--name", "--location"}, do: (*call).groupCreate},
	"group delete":                     {options: []string{"--name"}, flags: []string{"--yes"}, required: []string{"--name", "--yes"}, do: (*call).groupDelete},
	"resource list":                    {options: []string{"--resource-group"}, required: []string{"--resource-group"}, do: (*call).resourceList},
	"acr list":                         {do: (*call).registryList},
	"acr create":                       {options: []string{"--name", "--resource-group", "--location", "--sku", "--tags"}, required: []string{"--name", "--resource-group", "--sku"}, do: (*call).registryCreate},
	"acr delete":                       {options: []string{"--name", "--resource-group"}, flags: []string{"--yes"}, required: []string{"--name", "--yes"}, do: (*call).registryDelete},
	"acr login":                        {options: []string{"--name"}, flags: []string{"--expose-token"}, required: []string{"--name"}, do: (*call).registryLogin},
	"identity list":                    {options: []string{"--resource-group"}, required: []string{"--resource-group"}, do: (*call).identityList},
	"identity create":                  {options: []string{"--name", "--resource-group", "--tags"}, required: []string{"--name", "--resource-group"}, do: (*call).identityCreate},
	"identity delete":                  {options: []string{"--name", "--resource-group"}, required: []string{"--name", "--resource-group"}, do: (*call).identityDelete},
	"ad app list":                      {options: []string{"--display-name"}, required: []string{"--display-name"}, do: (*call).appList},
	"ad app show":                      {options: []string{"--id"}, required: []string{"--id"}, do: (*call).appShow},
	"ad app create":                    {options: []string{"--display-name"}, required: []string{"--display-name"}, do: (*call).appCreate},
	"ad app update":                    {options: []string{"--id", "--display-name", "--set"}, required: []string{"--id"}, do: (*call).appUpdate},
	"ad app federated-credential list": {options: []string{"--id"}, required: []string{"--id"}, do: (*call).federatedList},
	"ad app delete":                    {options: []string{"--id"}, required: []string{"--id"}, do: (*call).appDelete},
	"ad app credential list":           {options: []string{"--id"}, required: []string{"--id"}, do: (*call).credentialList},
	"ad app credential reset":          {options: []string{"--id", "--display-name", "--end-date"}, flags: []string{"--append"}, required: []string{"--id", "--append"}, do: (*call).credentialReset},
	"ad app credential delete":         {options: []string{"--id", "--key-id"}, required: []string{"--id", "--key-id"}, do: (*call).credentialDelete},
	"ad sp list":                       {flags: []string{"--all"}, required: []string{"--all"}, do: (*call).principalList},
	"ad sp create":                     {options: []string{"--id"}, required: []string{"--id"}, do: (*call).principalCreate},
	"role assignment list":             {options: []string{"--assignee", "--role", "--scope"}, required: []string{"--assignee", "--role", "--scope"}, do: (*call).assignmentList},
	"role assignment create":           {options: []string{"--assignee-object-id", "--assignee-principal-type", "--role", "--scope"}, required: []string{"--assignee-object-id", "--role", "--scope"}, do: (*call).assignmentCreate},
	"role assignment delete":           {options: []string{"--assignee", "--role", "--scope"}, required: []string{"--assignee", "--role", "--scope"}, do: (*call).assignmentDelete},
	"role definition list":             {options: []string{"--name", "--scope", "--custom-role-only"}, required: []string{"--name"}, do: (*call).definitionList},
	"role definition create":           {options: []string{"--role-definition"}, required: []string{"--role-definition"}, do: (*call).definitionCreate},
	"role definition update":           {options: []string{"--role-definition"}, required: []string{"--role-definition"}, do: (*call).definitionUpdate},
}

// everywhere are the options of all commands.
var everywhere = []string{"--output", "--query", "--subscription"}

// Commands lists the commands that it knows, such as "group show".
func Commands() []string {
	var names []string
	for name := range commands {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// failure is a command that failed: what az writes after ERROR, and its exit code.
type failure struct {
	text string
	code int
}

func (f *failure) Error() string { return f.text }

func failed(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...), 1} }

// misused is a command whose arguments are wrong.
func misused(format string, args ...any) error { return &failure{fmt.Sprintf(format, args...), 2} }

// Name is the command that argv is, such as "group show": the words before the first option.
func Name(argv []string) string {
	end := slices.IndexFunc(argv, func(word string) bool { return strings.HasPrefix(word, "-") })
	if end < 0 {
		end = len(argv)
	}
	return strings.Join(argv[:end], " ")
}

// Run runs one command. argv does not include az itself.
func (a *Az) Run(argv []string) Output {
	c := &call{az: a, options: map[string][]string{}}
	value, err := c.run(argv)
	out := Output{Stderr: c.warnings.String()}
	if f, ok := errors.AsType[*failure](err); ok {
		out.Stderr += "ERROR: " + f.text + "\n"
		out.Code = f.code
		return out
	}
	if err != nil {
		out.Stderr += "ERROR: ('Connection aborted.', " + err.Error() + ")\n"
		out.Code = 1
		return out
	}
	if value == nil {
		return out
	}
	text, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return Output{Stderr: "ERROR: " + err.Error() + "\n", Code: 1}
	}
	out.Stdout = string(text) + "\n"
	return out
}

// call is one command that runs.
type call struct {
	az       *Az
	options  map[string][]string
	warnings strings.Builder
}

func (c *call) warn(format string, args ...any) {
	fmt.Fprintf(&c.warnings, "WARNING: "+format+"\n", args...)
}

// get is the one value of an option; empty if it is not given.
func (c *call) get(option string) string { return strings.Join(c.options[option], " ") }

// given reports whether an option or flag is given.
func (c *call) given(option string) bool { return c.options[option] != nil }

func (c *call) run(argv []string) (any, error) {
	name := Name(argv)
	command, ok := commands[name]
	if !ok {
		return nil, misused("'%s' is misspelled or not recognized by the system.", name)
	}
	if err := c.parse(command, argv[len(strings.Fields(name)):]); err != nil {
		return nil, err
	}
	if c.az.SignedOut && name != "account list" {
		return nil, failed("Please run 'az login' to setup account.")
	}
	if s := c.get("--subscription"); s != "" && s != c.az.SubscriptionID {
		return nil, failed("Subscription '%s' not recognized. Please check if it is a valid subscription name or ID.", s)
	}
	value, err := command.do(c)
	if err != nil {
		return nil, err
	}
	return query(value, c.get("--query"))
}

// parse reads the options.
func (c *call) parse(command command, argv []string) error {
	for len(argv) > 0 {
		option := argv[0]
		argv = argv[1:]
		if slices.Contains(command.flags, option) {
			c.options[option] = []string{}
			continue
		}
		if !slices.Contains(command.options, option) && !slices.Contains(everywhere, option) {
			return misused("unrecognized arguments: %s", option)
		}
		end := slices.IndexFunc(argv, func(word string) bool { return strings.HasPrefix(word, "-") })
		if end < 0 {
			end = len(argv)
		}
		if end == 0 || end > 1 && option != "--tags" {
			return misused("argument %s: expected one argument", option)
		}
		c.options[option], argv = argv[:end], argv[end:]
	}
	for _, option := range command.required {
		if !c.given(option) {
			return misused("the following arguments are required: %s", option)
		}
	}
	if format := c.get("--output"); format != "" && format != "json" {
		return misused("argument --output: invalid choice: '%s'", format)
	}
	return nil
}

// filter is the one form of a query that Pacific sends.
var filter = regexp.MustCompile(`^\[\?([A-Za-z]+)=='([^']*)'\]$`)

// query keeps the items of a list that a JMESPath filter names.
func query(value any, text string) (any, error) {
	if text == "" {
		return value, nil
	}
	parts := filter.FindStringSubmatch(text)
	list, ok := value.([]object)
	if parts == nil || !ok {
		return nil, misused("argument --query: invalid jmespath_type value: %q", text)
	}
	return slices.DeleteFunc(list, func(o object) bool { return o[parts[1]] != parts[2] }), nil
}
