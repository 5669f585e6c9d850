"""The service principal that starts container groups, from the environment."""
from os import environ

from prefect_azure.credentials import AzureContainerInstanceCredentials

AzureContainerInstanceCredentials(
    tenant_id=environ["TENANT_ID"], client_id=environ["CLIENT_ID"], client_secret=environ["CLIENT_SECRET"]
).save("aci-sp", overwrite=True)
