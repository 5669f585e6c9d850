"""Uploads the flow and deploys it to the queue of an agent, with Prefect 2.20. Run it in this folder.

The blocks az-storage and aci must exist. Prefect 3 has neither agents nor this way to deploy: use `pacific deploy`."""

from prefect.deployments import Deployment
from prefect.filesystems import Azure
from prefect_azure.container_instance import AzureContainerInstanceJob

from flow import simple_demo

if __name__ == "__main__":
    Deployment.build_from_flow(
        flow=simple_demo,
        name="Simple Deployment",
        version="1",
        storage=Azure.load("az-storage"),
        infrastructure=AzureContainerInstanceJob.load("aci"),
        work_queue_name="armaci",
        path="simple-demo",  # the same folder each time: nothing is left over from the deployment before
        apply=True,
    )
