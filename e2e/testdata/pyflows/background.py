"""Background tasks: some process delays them, another one serves them."""

from prefect import flow, task
from prefect.task_worker import serve


@task(log_prints=True, tags=["pyflows-background"], task_run_name="shout-{word}")
def shout(word: str) -> str:
    print(f"shouting {word}")
    return word.upper()


@task(retries=1, retry_delay_seconds=0.2, tags=["pyflows-background"], task_run_name="breaks-{word}")
def breaks(word: str):
    raise ValueError(word)


@flow
def delays() -> str:
    return shout.delay("inside").result(timeout=300)


def run():
    first, second = shout.delay("first"), breaks.delay("second")
    assert first.result(timeout=300) == "FIRST"
    assert second.result(timeout=300, raise_on_failure=False).args == ("second",)
    assert delays() == "INSIDE"


if __name__ == "__main__":
    serve(shout, breaks)
