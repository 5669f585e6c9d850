"""Flows that worker_test.go and agent_test.go have run, with Prefect 2 and 3."""

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
