"""Flows without a deployment, by Prefect's own decorator of the pool's type: for worker_test.go.

Arguments: the pool, a folder for the bundles, and the name of the flow.
"""

import sys
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolUpdate
from prefect.client.schemas.objects import WorkPoolStorageConfiguration
from prefect_azure.decorators import azure_container_instance

pool, folder, name = sys.argv[1:]


def configure() -> None:
    def step(what: str) -> dict:
        return {f"bundle_folder.{what}": {"folder": folder, "launcher": [sys.executable]}}

    storage = WorkPoolStorageConfiguration(bundle_upload_step=step("upload"), bundle_execution_step=step("execute"))
    with get_client(sync_client=True) as client:
        client.update_work_pool(pool, WorkPoolUpdate(storage_configuration=storage))


@azure_container_instance(work_pool=pool, env={"PYTHONPATH": str(Path(__file__).parent)})
@flow(name=name, log_prints=True)
def decorated(x: int) -> int:
    print(f"decorated {x}")
    return x


if __name__ == "__main__":
    configure()
    run = decorated.submit_to_work_pool(x=7)
    print("\n" + str(run.flow_run_id))
