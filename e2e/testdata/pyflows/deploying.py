"""A flow that is deployed to a work pool, and a worker that runs it as a process."""

import asyncio
from pathlib import Path

from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments import run_deployment
from prefect.workers.process import ProcessWorker


@flow(log_prints=True)
def worked(name: str = "nobody") -> int:
    print(f"hello {name}")
    return len(name)


if __name__ == "__main__":
    pool = WorkPoolCreate(name="pyflows", type="process", base_job_template=ProcessWorker.get_default_base_job_template())
    with get_client(sync_client=True) as client:
        client.create_work_pool(pool, overwrite=True)
    flow.from_source(str(Path(__file__).parent), "deploying.py:worked").deploy("pyflows", work_pool_name="pyflows", print_next_steps=False)
    run_deployment("worked/pyflows", parameters={"name": "worker"}, timeout=0, as_subflow=False)
    asyncio.run(ProcessWorker(work_pool_name="pyflows", name="pyflows").start(run_once=True))
