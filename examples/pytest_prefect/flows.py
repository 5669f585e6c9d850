"""A flow to test."""

from prefect import flow, task
from prefect.artifacts import create_markdown_artifact
from prefect.variables import Variable

answers = iter([503, 503, 200])


@task(retries=2, retry_delay_seconds=0.1)
def fetch() -> int:
    status = next(answers)
    if status != 200:
        raise ConnectionError(f"the service answered {status}")
    return status


@flow(log_prints=True)
def report(title: str) -> str:
    status = fetch()
    region = Variable.get("region", default="westeurope")
    print(f"{title}: {status} in {region}")
    create_markdown_artifact(key="report", markdown=f"# {title}")
    return region
