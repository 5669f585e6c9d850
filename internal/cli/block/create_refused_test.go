package block_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/clitest"
)

// blockRefusal is a command line after "block create" that has to fail so.
type blockRefusal struct {
	name, args, problem string
	code                int
}

func blockRefusals() []blockRefusal {
	const sp = "azure-container-instance-credentials x "
	return []blockRefusal{
		{"no name", "secret --value-stdin", "needs a name for the block", 2},
		{"two names", "secret x y --value-stdin", `takes one name, got also "y"`, 2},
		{"a word before --", "azure-container-instance-job x echo", `takes one name, got also "echo"`, 2},
		{"a name", "secret Bad_Name --value-stdin", `"Bad_Name" cannot be a block's name`, 2},
		{"a path for a name", "secret secret/x --value-stdin", `"secret/x" cannot be a block's name`, 2},
		{"no data", "hook x", "--data is missing: a block of type hook is made from a file", 2},
		{"a type mistyped", "azure-container-instance-jobs x --data map", "the server has no block type azure-container-instance-jobs", 1},
		{"a type alone", "hook", "takes a type's slug and a name, got 1 arguments", 2},
		{"data alone", "--data f", "takes a type's slug and a name, got 0 arguments", 2},
		{"a type that is none", "a/b x --data f", `"a/b" is not a block type`, 2},
		{"no such file", "hook x --data nope", "--data: open ", 2},

		{"a secret as a value", "secret x --value hunter2", "unknown flag: --value", 2},
		{"no secret", "secret x", "the secret is missing", 2},
		{"two ways", "secret x --value-stdin --value-env TOKEN", "--value-stdin and --value-env cannot be used together", 2},
		{"a secret in place of a name", "secret x --value-env hunter2", "--value-env: there is no such variable in the environment", 2},
		{"an empty file", "secret x --value-file empty", "--value-file empty holds no secret", 2},
		{"a file of that name", "secret x --value-file false", "--value-file: open ", 2},
		{"no such secret file", "secret x --value-file nope", "--value-file: open ", 2},
		{"two from one stream", "azure x --bucket-path b --account-name a --account-key-stdin --connection-string-stdin",
			"--connection-string-stdin and --account-key-stdin: standard input holds one secret", 2},
		{"taken", "secret taken --value-stdin", "block secret/taken already exists", 1},

		{"a part of a principal", sp + "--tenant-id t --client-id c", "--client-secret-stdin missing", 2},
		{"a secret alone", sp + "--client-secret-stdin", "--tenant-id and --client-id missing", 2},
		{"environment and flag", sp + "--from-env --client-id c", "--from-env and --client-id cannot be used together", 2},
		{"environment and secret", sp + "--from-env --client-secret-stdin", "--from-env and --client-secret-stdin cannot be used together", 2},
		{"nothing in the environment", sp + "--from-env", "--from-env: the environment has none of AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET", 2},
		{"an argument of the class", sp + "--credential-kwarg authority", "--credential-kwarg takes K=V", 2},
		{"a secret as an argument", sp + "--credential-kwarg client_secret=hunter2", "secrets may not be given as arguments", 2},

		{"no path", "azure x", "--bucket-path is missing", 2},
		{"a key without an account", "azure x --bucket-path b --account-key-stdin", "--account-name is missing", 2},
		{"a part of the storage's principal", "azure x --bucket-path b --account-name a --client-id c", "--tenant-id and --client-secret-stdin missing", 2},
		{"no way to the store", "azure-blob-storage-credentials x", "neither a connection string nor --account-url is given", 2},
		{"two ways to the store", "azure-blob-storage-credentials x --account-url u --connection-string-stdin", "Prefect refuses a block with both", 2},
		{"no registry", "docker-registry x --username u --password-stdin", "--registry-url is missing", 2},
		{"no user", "docker-registry-credentials x --registry-url r --password-stdin", "--username is missing", 2},
		{"no password", "docker-registry x --registry-url r --username u", "the password is missing", 2},
		{"no text", "string x", "--value is missing", 2},
		{"no vault", "string x --from-env", "--from-env: the environment has no KV_NAME", 2},
		{"text and vault", "string x --from-env --value v", "--from-env and --value cannot be used together", 2},
	}
}

func jobBlockRefusals() []blockRefusal {
	const job = "azure-container-instance-job x --subscription s --resource-group g "
	return []blockRefusal{
		{"no group", "azure-container-instance-job x --subscription s", "--resource-group is missing", 2},
		{"no subscription", "azure-container-instance-job x --resource-group g", "--subscription is missing", 2},
		{"both subscriptions", job + "--from-env", "--from-env and --subscription cannot be used together", 2},
		{"credentials that are not there", job + "--credentials nope", "--credentials: there is no block azure-container-instance-credentials/nope", 1},
		{"credentials of another type", job + "--credentials secret/taken", "must be a block of type azure-container-instance-credentials", 2},
		{"a pool's registry", job + "--registry docker-registry-credentials/x", "must be a block of type docker-registry", 2},
		{"a registry that is not there", job + "--registry nope", "--registry: there is no block docker-registry/nope", 1},
		{"two registries", job + "--registry nope --registry-server s", "--registry and --registry-server cannot be used together", 2},
		{"half a registry", job + "--registry-server s", "--registry-server and --registry-identity must be given together", 2},
		{"no cores", job + "--cpu 0", "--cpu is 0: it must be more than 0", 2},
		{"too many cores", job + "--cpu 99", "--cpu: ", 2},
		{"no memory", job + "--memory NaN", "--memory is NaN: it must be more than 0", 2},
		{"half a GPU", job + "--gpu-count 1", "--gpu-count and --gpu-sku: must be given together", 2},
		{"no GPU", job + "--gpu-count 0", "--gpu-count is 0: it must be 1 or more", 2},
		{"half a second", job + "--start-timeout 500ms", "--start-timeout is 500ms: Prefect takes whole seconds", 2},
		{"no pause", job + "--poll-interval 0s", "--poll-interval is 0s: it must be more than 0", 2},
		{"a variable without a value", job + "--env hunter2", `--env "hunter2" has no =`, 2},
		{"a variable's name", job + "--env 1X=hunter3", "--env 1X: ", 2},
		{"no name to unset", job + "--unset-env A=b", "--unset-env takes a variable's name alone", 2},
		{"set and unset", job + "--env A=b --unset-env A", "A is given by --env and by --unset-env", 2},
		{"no label", job + "--label team", `--label "team" has no =`, 2},
		{"an identity", job + "--identity me", "--identity: ", 2},
	}
}

// TestBlockRefused: what is wrong is said before anything is written.
func TestBlockRefused(t *testing.T) {
	h, log := clitest.NewPrefectLog(t)
	h.Stdin = "hunter2"
	h.Vars["TOKEN"] = "hunter2"
	h.Write("secret", "hunter2")
	h.Write("empty", "\n")
	h.Write("map", "{}")
	h.Must("block", "create", "secret", "taken", "--value-stdin")
	log.Writes = nil
	for _, test := range append(blockRefusals(), jobBlockRefusals()...) {
		t.Run(test.name, func(t *testing.T) {
			r := h.Run(append([]string{"block", "create"}, strings.Fields(test.args)...)...)
			r.Wants(t, test.code, "", test.problem)
			if strings.Contains(r.Stdout+r.Stderr, "hunter2") && test.name != "a variable without a value" {
				t.Errorf("a secret is in the output:\n%s%s", r.Stdout, r.Stderr)
			}
		})
	}
	if len(log.Writes) > 0 {
		t.Errorf("refused command lines wrote %v", log.Writes)
	}
}
