"""Runs inside a container: a managed identity's token by Python's library, with what the container was given alone."""
import base64, json
from azure.identity import DefaultAzureCredential, ManagedIdentityCredential

token = ManagedIdentityCredential().get_token("https://management.azure.com/.default").token
claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
print("identity", claims["oid"], claims["aud"])
assert DefaultAzureCredential().get_token("https://vault.azure.net/.default").token
