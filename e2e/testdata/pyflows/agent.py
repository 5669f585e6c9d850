"""For Prefect 2: a run that an agent picks up from a queue and starts as its infrastructure block says."""

import asyncio
from pathlib import Path

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.infrastructure import Process


@task(retries=1)
def add(a: int, b: int) -> int:
    return a + b


@flow(log_prints=True)
def by_agent(name: str = "nobody") -> int:
    print(f"hello {name}")
    return add(1, 2)


async def deploy():
    """Servers of 3.x refuse what Deployment.apply of 2.20 sends, so this sends the fields that both know."""
    block = await Process(env={"WHO": "agent"}).save("pyflows", overwrite=True)
    async with get_client() as client:
        body = {
            "name": "pyflows",
            "flow_id": str(await client.create_flow(by_agent)),
            "work_queue_name": "pyflows-agent",
            "infrastructure_document_id": str(block),
            "path": str(Path(__file__).parent),
            "entrypoint": "agent.py:by_agent",
            "parameters": {"name": "agent"},
        }
        deployment = (await client._client.post("/deployments/", json=body)).json()
        await client._client.post(f"/deployments/{deployment['id']}/create_flow_run", json={})


if __name__ == "__main__":
    asyncio.run(deploy())
