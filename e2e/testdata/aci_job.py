"""Runs one container job with Prefect 2's job block, as the demo's second script describes it, and prints its exit code."""
import os

from prefect_azure.container_instance import AzureContainerInstanceJob
from prefect_azure.credentials import AzureContainerInstanceCredentials

job = AzureContainerInstanceJob(
    name="aci", image="alpine", cpu=1, memory=1, resource_group_name="e2e", subscription_id=os.environ["SUBSCRIPTION_ID"],
    aci_credentials=AzureContainerInstanceCredentials(
        tenant_id=os.environ["TENANT_ID"], client_id=os.environ["CLIENT_ID"], client_secret=os.environ["CLIENT_SECRET"]),
    identities=[os.environ["IDENTITY"]], entrypoint="/bin/sh", command=["-c", "echo hello; exit 3"],
    task_start_timeout_seconds=480, task_watch_poll_interval=0.2, stream_output=True,
)
print("exit code", job.run().status_code)
