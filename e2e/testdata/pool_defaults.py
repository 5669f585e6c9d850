"""What Prefect's own client and worker make of a pool, for prefect_pool_defaults_test.go.

Argument: the pool's name. Standard input: the job variables of a deployment, and those of a run of it.
Standard output: {"defaults": {...}, "job": {...}}
"""
import asyncio
import json
import os
import sys
import uuid
import warnings

warnings.simplefilter("ignore")
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever Prefect prints is no part of the answer

import prefect  # noqa: E402
from prefect import flow  # noqa: E402
from prefect.client.orchestration import get_client  # noqa: E402
from prefect_azure.workers.container_instance import AzureContainerWorker  # noqa: E402

THREE = prefect.__version__.startswith("3.")
given = json.load(sys.stdin)


@flow(name="pool-defaults-" + uuid.uuid4().hex[:8])
def greet():
    pass


def plain(value):
    """A field of a job as JSON; secrets are what they hide."""
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if hasattr(value, "model_dump"):
        return {name: plain(getattr(value, name)) for name in type(value).model_fields}
    if hasattr(value, "__fields__"):
        return {name: plain(getattr(value, name)) for name in value.__fields__}
    return value


async def main(name):
    async with get_client() as client:
        pool = await client.read_work_pool(name)
        properties = pool.base_job_template["variables"]["properties"]
        defaults = {key: value["default"] for key, value in properties.items() if "default" in value}
        flow_id = await client.create_flow(greet)
        variables = {"job_variables" if THREE else "infra_overrides": given["deployment"]}
        deployment = await client.create_deployment(flow_id=flow_id, name="d", work_pool_name=name, entrypoint="f.py:greet", path="/", **variables)
        run = await client.create_flow_run_from_deployment(deployment, job_variables=given["run"])
        if THREE:
            job = await AzureContainerWorker.job_configuration.resolve_for_flow_run(run, client=client, work_pool=pool, worker_name="w")
        else:
            async with AzureContainerWorker(work_pool_name=name) as worker:
                await worker.sync_with_backend()
                job = await worker._get_configuration(run)
        fields = ("cpu", "memory", "image", "resource_group_name", "subscription_id", "identities", "aci_credentials", "env", "task_watch_poll_interval")
        job = {field: plain(getattr(job, field)) for field in fields}
        job["env"] = {key: value for key, value in job["env"].items() if key.startswith("TEST_")}
        await client.delete_deployment(deployment)
    json.dump({"defaults": defaults, "job": job}, out, default=str)
    out.close()


asyncio.run(main(sys.argv[1]))
