"""A flow that is deployed to a pool of the type azure-container-instance, for prefect_aci_worker_test.go.

Arguments: the pool's name, the resource group. The environment names the subscription and its service principal.
"""

import sys
from os import environ
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments import run_deployment


@flow(log_prints=True)
def on_azure(name: str = "nobody") -> int:
    print(f"hello {name}")
    return len(name)


def deploy(pool: str, group: str) -> None:
    from prefect_azure.credentials import AzureContainerInstanceCredentials
    from prefect_azure.workers.container_instance import AzureContainerWorker

    block = AzureContainerInstanceCredentials(
        tenant_id=environ["AZURE_TENANT_ID"], client_id=environ["AZURE_CLIENT_ID"], client_secret=environ["AZURE_CLIENT_SECRET"]
    ).save("e2e-aci-worker", overwrite=True)
    template = AzureContainerWorker.get_default_base_job_template()
    variables = template["variables"]["properties"]
    variables["aci_credentials"]["default"] = {"$ref": {"block_document_id": str(block)}}
    variables["subscription_id"]["default"] = environ["AZURE_SUBSCRIPTION_ID"]
    variables["resource_group_name"]["default"] = group
    variables["stream_output"]["default"] = True
    variables["env"]["default"] = {"PYTHONDONTWRITEBYTECODE": "1"}  # the container reads the flow where it lies
    with get_client(sync_client=True) as client:
        client.create_work_pool(WorkPoolCreate(name=pool, type="azure-container-instance", base_job_template=template), overwrite=True)
    here = str(Path(__file__).parent)
    flow.from_source(here, "deploying.py:on_azure").deploy("e2e-aci-worker", work_pool_name=pool, print_next_steps=False)
    run_deployment("on-azure/e2e-aci-worker", parameters={"name": "aci"}, timeout=0, as_subflow=False)


if __name__ == "__main__":
    deploy(*sys.argv[1:])
