"""Waits until the newest run of a deployment has ended, and tells what the server knows of it, as JSON.

    judge.py FLOW/DEPLOYMENT
"""

import asyncio
import json
import sys

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import DeploymentFilter, LogFilter
from prefect.client.schemas.sorting import FlowRunSort


async def main(name):
    async with get_client() as client:
        deployment = await client.read_deployment_by_name(name)
        of_deployment = DeploymentFilter(id={"any_": [deployment.id]})
        while True:
            runs = await client.read_flow_runs(deployment_filter=of_deployment, sort=FlowRunSort.EXPECTED_START_TIME_DESC)
            if runs and runs[0].state.is_final():
                break
            await asyncio.sleep(0.5)
        run = runs[0]
        infrastructure = deployment.infrastructure_document_id
        if infrastructure:
            infrastructure = (await client.read_block_document(infrastructure)).block_type.slug
        logs = []
        while len(logs) < 2 or "Finished in state" not in logs[-1]:  # they come in batches, the last after the state
            found = await client.read_logs(LogFilter(flow_run_id={"any_": [run.id]}))
            if logs and len(found) == len(logs):
                break
            logs = [log.message for log in found]
            await asyncio.sleep(2)
        print(json.dumps({
            "runs": len(runs),
            "states": [state.name for state in await client.read_flow_run_states(run.id)],
            "message": run.state.message,
            "pool": deployment.work_pool_name,
            "queue": deployment.work_queue_name,
            "infrastructure": infrastructure,
            "group": run.infrastructure_pid,
            "logs": logs,
        }))


asyncio.run(main(sys.argv[1]))
