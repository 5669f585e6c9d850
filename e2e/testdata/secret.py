"""Runs inside a container, as the flows of the demo do: a secret of a vault, read by the container's identity alone."""
import sys
from azure.core.exceptions import HttpResponseError
from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

client = SecretClient(vault_url=f"https://{sys.argv[1]}.vault.azure.net", credential=DefaultAzureCredential())
try:
    print("secret", client.get_secret(sys.argv[2]).value)
except HttpResponseError as e:
    print("refused", e.status_code, e.error.innererror["code"])
