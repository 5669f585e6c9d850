"""A flow that reads a secret from a key vault with the identity that its container has. It runs with Prefect 2.20 and 3."""

from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient
from prefect import flow, get_run_logger, task
from prefect.client.orchestration import get_client


@task
def find_key_vault(block: str) -> str:
    """The text of a String block."""
    try:
        from prefect.blocks.system import String
    except ImportError:  # Prefect 3 has no class for it any more; the document is there all the same
        with get_client(sync_client=True) as client:
            vault = client.read_block_document_by_name(block, "string").data["value"]
    else:
        vault = String.load(block).value
    get_run_logger().info("found the key vault %s", vault)
    return vault


@task
def read_secret(vault: str, name: str) -> str:
    """Reads the secret and drops its value: what a flow logs or returns, all who may open the server can read."""
    with DefaultAzureCredential() as credential, SecretClient(vault_url=vault, credential=credential) as client:
        secret = client.get_secret(name)
    if not secret.value:
        raise ValueError(f"the secret {name} of {vault} is empty")
    get_run_logger().info("read the secret %s, version %s", name, secret.properties.version)
    return secret.properties.version


@flow(name="Key Vault Demo")
def key_vault_demo(block: str = "kv-url", secret: str = "testsecret") -> str:
    """Finds the key vault in a String block and reads a secret from it."""
    return read_secret(find_key_vault(block), secret)


if __name__ == "__main__":
    key_vault_demo()
