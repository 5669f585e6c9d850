"""Waits until a flow run has ended, and tells what the server knows of it, as JSON.

    judge.py RUN_ID
    judge.py FLOW/DEPLOYMENT    its newest run, and what the deployment is
"""

import asyncio
import json
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, LogFilter
from prefect.client.schemas.sorting import FlowRunSort


async def main(name):
    async with get_client() as client:
        deployment, told = None, {}
        if "/" in name:
            deployment = await client.read_deployment_by_name(name)
            infrastructure = deployment.infrastructure_document_id
            if infrastructure:
                infrastructure = (await client.read_block_document(infrastructure)).block_type.slug
            told = {"pool": deployment.work_pool_name, "queue": deployment.work_queue_name, "infrastructure": infrastructure}
        run, told["runs"] = await ended(client, name, deployment)
        print(json.dumps(told | {
            "states": [state.name for state in await client.read_flow_run_states(run.id)],
            "message": run.state.message,
            "group": run.infrastructure_pid,
            "logs": await logs(client, run.id),
        }))


async def ended(client, name, deployment):
    """The run when it has ended, and how many there are."""
    while True:
        if deployment is None:
            runs = [await client.read_flow_run(name)]
        else:
            runs = await client.read_flow_runs(
                deployment_filter=DeploymentFilter(id={"any_": [deployment.id]}), sort=FlowRunSort.EXPECTED_START_TIME_DESC)
        if runs and runs[0].state.is_final():
            return runs[0], len(runs)
        await asyncio.sleep(0.5)


async def logs(client, run):
    """The messages of a run that has ended. They come in batches, the last one after the state: none for two seconds is the end."""
    messages = None
    while True:
        found = [log.message for log in await client.read_logs(LogFilter(flow_run_id={"any_": [run]}))]
        if found == messages:
            return messages
        messages = found
        await asyncio.sleep(2)


asyncio.run(main(sys.argv[1]))
