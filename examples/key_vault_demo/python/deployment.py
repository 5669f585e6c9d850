"""Uploads the flow and deploys it to the queue of an agent, with Prefect 2.20. Run it in this folder.

The blocks az-storage, aci and kv-url must exist. Prefect 3 has neither agents nor this way to deploy: use `pacific deploy`."""

from prefect.deployments import Deployment
from prefect.filesystems import Azure
from prefect_azure.container_instance import AzureContainerInstanceJob

from flow import key_vault_demo

if __name__ == "__main__":
    Deployment.build_from_flow(
        flow=key_vault_demo,
        name="Manual Deployment",
        version="1",
        storage=Azure.load("az-storage"),
        infrastructure=AzureContainerInstanceJob.load("aci"),
        work_queue_name="armaci",
        path="key-vault-demo",  # the same folder each time: nothing is left over from the deployment before
        apply=True,
    )
