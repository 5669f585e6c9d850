"""The key vault's URL, for flows."""
from os import environ

from prefect.blocks.system import String

String(value=f"https://{environ['KV_NAME']}.vault.azure.net").save("kv-url", overwrite=True)
