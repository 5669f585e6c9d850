"""The container job, with the credentials of the first script and an identity of the environment."""
from os import environ

from prefect_azure.container_instance import AzureContainerInstanceJob
from prefect_azure.credentials import AzureContainerInstanceCredentials

subscription = environ["SUBSCRIPTION_ID"]
AzureContainerInstanceJob(
    name="aci",
    image="radbrt/orion_aci_base:latest",
    cpu=1,
    memory=1,
    aci_credentials=AzureContainerInstanceCredentials.load("aci-sp"),
    subscription_id=subscription,
    resource_group_name="aci-rg",
    task_start_timeout_seconds=480,
    identities=[f"/subscriptions/{subscription}/resourcegroups/aci-rg/providers/Microsoft.ManagedIdentity/userAssignedIdentities/orionid"],
).save("aci", overwrite=True)
