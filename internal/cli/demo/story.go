package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// names are what the demo makes in its own Azure.
var names = struct{ group, pool, principal, secret, vaultIdentity, pullIdentity string }{
	group: "aci-rg", pool: "pacific-demo", principal: "pacific-demo", secret: "testsecret",
	vaultIdentity: "prefect-identity", pullIdentity: "prefect-acr-identity",
}

// serverNames are what a demo makes on the Prefect server. vaultBlock is the String block with the vault's address.
type serverNames struct{ pool, credentials, poolCredentials, vaultBlock string }

// poolDescription is that of the demo's work pool.
const poolDescription = "Made by pacific demo"

func namesOn(pool string) serverNames {
	return serverNames{pool: pool, credentials: pool + "-sp", poolCredentials: pool + "-pool", vaultBlock: pool + "-kv-url"}
}

// story is one demo.
type story struct {
	*place
	a      *cmdutil.App
	run    Runner
	view   view
	engine string
	python bool // the flow is the one in Python
	began  time.Time
	// server: the Prefect API is the user's, of this version. touched: something was made there.
	server, touched bool
	version         prefect.Version

	// secret is the text in the key vault, which must be seen nowhere.
	secret   string
	names    serverNames
	vaultURL string
	// identities is the resource id of an identity without its name.
	identities string
	flowRun    prefect.ID
	// storage is the address of the container with the code of the flow in Python.
	storage string
	// registry is where the image of the flow's program is, and image its name; empty for the engine that needs none.
	registry, image string

	done []stepView
	told told
	// printed: the JSON is on standard output.
	printed bool
}

// step is a part of the story, with the lines for a shell that do it by hand.
type step struct {
	name, title string
	// shell is what does it by hand. It is asked after the steps before this one.
	shell func() []string
	// do does it, and says what came of it in a few words.
	do func(context.Context) (string, error)
}

// tell makes the place, takes the steps, and cleans up whatever happens.
func (s *story) tell(ctx context.Context, keep bool) (err error) {
	s.secret = rand.Text()
	url, _ := s.a.Env.LookupEnv("PREFECT_API_URL")
	s.server = url != ""
	if s.names = namesOn(names.pool); s.server {
		// Other demos and other things of the user's are there, too.
		s.names = namesOn(names.pool + "-" + strings.ToLower(rand.Text()[:6]))
	} else {
		s.names.vaultBlock = "kv-url"
	}
	if s.place, err = newPlace(s.a); err != nil {
		return err
	}
	if err := s.check(ctx); err != nil {
		return errors.Join(err, s.place.close())
	}
	steps := s.steps()
	s.view.steps = len(steps) + 1 // the end is one, too
	defer func() {
		if s.place.azure == nil { // nothing was made
			err = errors.Join(err, s.place.close())
			return
		}
		if err = errors.Join(err, s.end(context.WithoutCancel(ctx))); err == nil {
			s.view.closing(time.Since(s.began))
		}
	}()
	for i, one := range steps {
		if err := s.take(ctx, i, one); err != nil {
			return err
		}
	}
	if !keep {
		return nil
	}
	return s.stay(ctx)
}

// check refuses what cannot work, before anything is made: a server that is not there, a machine without what --python needs.
func (s *story) check(ctx context.Context) error {
	if s.server {
		if err := s.openClient(); err != nil {
			return err
		}
		if s.client.Cloud() {
			return cmdutil.WithHint(errors.New("the runs of a push pool are started by Prefect Cloud itself, which cannot reach a local Azure"),
				"unset PREFECT_API_URL, or set it to a server of your own")
		}
		var err error
		if s.version, err = s.client.ServerVersion(ctx); err != nil {
			return serverError(err)
		}
	}
	if s.python {
		return checkPython(ctx, s.version)
	}
	return nil
}

// serverError is why the user's server cannot be used, and that the demo needs none.
func serverError(err error) error {
	hint := "unset PREFECT_API_URL: the demo has a Prefect API of its own"
	if answer, ok := errors.AsType[*prefect.Error](err); ok {
		bare := *answer
		bare.Doing = "" // it is the first thing that is asked
		err = &bare
		if own := answer.Hint(); own != "" {
			hint = own + "; or " + hint
		}
	}
	return cmdutil.WithHint(fmt.Errorf("the demo uses the server of PREFECT_API_URL: %w", err), hint)
}

// take takes one step.
func (s *story) take(ctx context.Context, i int, one step) error {
	began := time.Now()
	v := stepView{Name: one.name, Title: one.title, Commands: one.shell()}
	s.view.begin(i+1, v)
	outcome, err := one.do(ctx)
	v.Outcome, v.Seconds = outcome, time.Since(began).Seconds()
	s.done = append(s.done, v)
	s.view.end(v)
	if err != nil {
		return fmt.Errorf("demo: %s: %w", one.title, err)
	}
	return nil
}

// steps are the story.
func (s *story) steps() []step {
	line := func(text ...string) func() []string { return func() []string { return text } }
	start := "start a local Azure and a Prefect API"
	if s.server {
		start = "start a local Azure, for the flow runs of your Prefect server"
	}
	all := []step{
		{"start", start, s.startShell, s.start},
		{"bootstrap", "make a key vault with a secret, and an identity that reads it",
			line(`echo "of no use to anyone" | pacific bootstrap --no-worker --yes --secret ` + names.secret + "=-"), s.bootstrap},
		{"servicePrincipal", "make a service principal that may start jobs, and its block",
			line("pacific service-principal create " + names.principal + " --resource-group " + names.group + " --role aci-job-creator --block " + s.names.credentials), s.principal},
		{"provision", "provision a push work pool, whose runs that principal starts",
			func() []string {
				return []string{cmdutil.Command(s.provisionArgs()).String(), "pacific work-pool update " + s.names.pool + " --credentials " + s.names.credentials + ` --description "` + poolDescription + `"`}
			}, s.provision},
		{"image", "build an image of the flow's program, which is this one, and push it",
			func() []string { return []string{`pacific image build "$(command -v pacific)" --push ` + s.image} }, s.buildImage},
		{"block", "tell flows where the key vault is",
			func() []string {
				return []string{"pacific block create string " + s.names.vaultBlock + " --value " + s.vaultURL}
			}, s.block},
		{"storage", "make a storage account for the flow's code, and write its files",
			line("pacific demo files "+codeFolder, "pacific bootstrap --template "+codeFolder+"/storage.json --yes"), s.makeStorage},
		{"deploy", "deploy the flow, with the identity that reads the secret", s.deployShell, s.deploy},
		{"run", "create a flow run, and run it with a worker", func() []string {
			return []string{
				`RUN=$(pacific flow-run create "` + s.deploymentName() + `")`,
				"pacific worker start --pool " + s.names.pool + " --run-once",
				"pacific flow-run logs $RUN",
			}
		}, s.runFlow},
		{"look", "see how the run and its container went",
			line("pacific flow-run wait $RUN", "pacific ps --all --resource-group "+names.group), s.look},
		{"refuse", "ask for the secret with an identity that may not read it", func() []string {
			pull := ""
			if s.image != "" {
				pull = " --image " + s.image + " --registry-server " + s.registry + " --registry-identity $IDS/" + names.pullIdentity
			}
			return []string{"pacific run --resource-group " + names.group + pull + " --identity $IDS/" + names.pullIdentity +
				" -- pacific demo flow vault=" + s.vaultURL + ` || echo "exit code $?"`}
		}, s.refuse},
	}
	if s.engine == engineDocker {
		name := "pacificdemo" + strings.ToLower(rand.Text()[:8]) // in all of Azure there is one of a name
		s.registry = name + ".azurecr.io"
		s.image = s.registry + "/" + names.pool + ":1"
	}
	return slices.DeleteFunc(all, func(one step) bool {
		return one.name == "image" && s.engine != engineDocker || one.name == "storage" && !s.python
	})
}

func (s *story) deploymentName() string { return deploymentOf(s.names.pool) }

func deploymentOf(pool string) string { return keyvaultdemo.Flow.Name() + "/" + pool }

// start starts what the place needs.
func (s *story) start(ctx context.Context) (string, error) {
	if err := s.place.start(ctx, s.a, s.engine); err != nil {
		return "", err
	}
	outcome := "Azure at " + s.azure.URL() + "\nPrefect API at " + s.client.URL()
	if !s.server {
		return outcome, nil
	}
	s.touched = true
	return outcome + " (" + s.version.String() + ")", s.clearLeft(ctx)
}

// startShell is a shell in a local Azure. All other lines are for that shell, and its end is that of the local Azure.
func (s *story) startShell() []string {
	start := "pacific emulator run"
	if s.engine != engineProcess {
		start += " --engine " + s.engine
	}
	if !s.server {
		start += " --with-prefect"
	}
	return []string{start + " -- sh"}
}
