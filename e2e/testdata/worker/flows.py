"""Flows that the tests of workers and agents have run, with Prefect 2 and 3."""

import os
import time

from prefect import flow, get_run_logger, task


@task
def add(a: int, b: int) -> int:
    get_run_logger().info("adding %s and %s", a, b)
    return a + b


@flow(log_prints=True)
def greets(name: str = os.environ.get("E2E_NAME", "nobody")) -> int:
    print(f"hello {name}")
    return add(2, 3)


@flow
def fails() -> None:
    raise ValueError("asked to fail")


@flow(log_prints=True)
def waits(seconds: float = 600) -> None:
    print("waiting")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.2)
    print("waited")


attempts: list[str] = []


@flow(retries=1, retry_delay_seconds=10, log_prints=True)
def retries(name: str) -> int:
    """Fails the first time that it runs in a process, so in a second container it would fail again."""
    attempts.append(name)
    print(f"attempt {len(attempts)} of {name}")
    if len(attempts) == 1:
        raise ValueError("asked to fail once")
    return add(2, 3)
