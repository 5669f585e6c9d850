package block_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pacific-aci/pacific/internal/cli/clitest"
	"github.com/pacific-aci/pacific/prefect"
)

// TestBlockForms makes blocks of all types but the job, by each of their flags.
func TestBlockForms(t *testing.T) {
	h, _ := clitest.NewPrefectLog(t)
	h.Vars["SECRET"], h.Vars["KV_NAME"], h.Vars["EMPTY"] = "hunter2", "my-vault", ""
	h.Write("secret", "hunter2\r\n")
	h.Stdin = "hunter2\n"
	for _, test := range []struct {
		args string
		want prefect.Block
	}{
		{"azure-container-instance-credentials NAME", &prefect.AzureContainerInstanceCredentials{}},
		{"azure-container-instance-credentials NAME --tenant-id t --client-id c --client-secret-stdin --credential-kwarg authority=a --credential-kwarg retries=3",
			&prefect.AzureContainerInstanceCredentials{TenantID: "t", ClientID: "c", ClientSecret: "hunter2", CredentialKwargs: map[string]any{"authority": "a", "retries": 3}}},
		{"azure-container-instance-credentials NAME --tenant-id t --client-id c --client-secret-file secret --client-secret-stdin=false",
			&prefect.AzureContainerInstanceCredentials{TenantID: "t", ClientID: "c", ClientSecret: "hunter2"}},
		{"azure NAME --bucket-path f --container c --connection-string-env SECRET --anon=false",
			&prefect.AzureStorage{BucketPath: "f", Container: "c", ConnectionString: "hunter2", Anon: new(false)}},
		{"azure NAME --bucket-path c/f --account-name a --tenant-id t --client-id i --client-secret-env SECRET",
			&prefect.AzureStorage{BucketPath: "c/f", AccountName: "a", TenantID: "t", ClientID: "i", ClientSecret: "hunter2"}},
		{"azure-blob-storage-credentials NAME --connection-string-stdin", &prefect.AzureBlobStorageCredentials{ConnectionString: "hunter2"}},
		{"azure-blob-storage-credentials NAME --account-url https://a", &prefect.AzureBlobStorageCredentials{AccountURL: "https://a"}},
		{"docker-registry NAME --registry-url r --username u --password-file secret", &prefect.DockerRegistry{RegistryURL: "r", Username: "u", Password: "hunter2"}},
		{"docker-registry-credentials NAME --registry-url r --username u --password-env SECRET --reauth=false",
			&prefect.DockerRegistryCredentials{RegistryURL: "r", Username: "u", Password: "hunter2", Reauth: new(false)}},
		{"secret NAME --value-stdin", &prefect.SecretBlock{Value: "hunter2"}},
		{"secret NAME --value-file secret", &prefect.SecretBlock{Value: "hunter2"}},
		{"secret NAME --value-env SECRET", &prefect.SecretBlock{Value: "hunter2"}},
		{"string NAME --value a=b", &prefect.StringBlock{Value: "a=b"}},
		{"string NAME --value=", &prefect.StringBlock{}},
		{"string NAME --from-env", &prefect.StringBlock{Value: "https://my-vault.vault.azure.net"}},
	} {
		args := strings.Fields(strings.Replace(test.args, "NAME", "x", 1))
		r := h.Run(append([]string{"block", "create", "--overwrite"}, args...)...)
		if r.Code != 0 || r.Stdout != "" || strings.Contains(r.Stderr, "warning") {
			t.Errorf("%s: exit code %d\n%s%s", test.args, r.Code, r.Stdout, r.Stderr)
			continue
		}
		if diff := cmp.Diff(dataOf(t, test.want), h.Block(args[0]+"/x").Data); diff != "" {
			t.Errorf("%s: -want +got:\n%s", test.args, diff)
		}
	}
	h.Vars["KV_NAME"] = "https://my-vault"
	h.Run("block", "create", "string", "x", "--from-env").Wants(t, 2, "", "KV_NAME is not a valid key vault name")
	h.Run("block", "create", "secret", "y", "--value-env", "EMPTY").Wants(t, 2, "", "no such variable in the environment, or it is empty")
}
