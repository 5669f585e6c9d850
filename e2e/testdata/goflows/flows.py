"""What the flows of e2e/goflows do, in Python: for Prefect 2 and 3. It prints the ids of their runs as JSON."""

import json
import time

from prefect import flow, get_run_logger, task


@task
def fetch(input: str) -> str:
    get_run_logger().info("fetching " + input)
    return "the page of " + input


@task
def length(input: str) -> int:
    return len(input)


@task
def tell() -> None:
    get_run_logger().warning("told")


@flow(name="go-graph")
def graph(name: str = "aci", times: int = 2) -> str:
    get_run_logger().info("%s, %s times", name, times)
    page = fetch.with_options(tags=["io"])(name)
    for _ in range(times):
        last = length(page, return_state=True)
    tell(wait_for=[last])
    return page


@task
def shout(input: str) -> str:
    return input.upper()


@flow(name="go-child")
def child(text: str) -> str:
    return shout(text)


@flow(name="go-broken-child")
def broken_child() -> None:
    raise ValueError("the child breaks")


@flow(name="go-parent")
def parent() -> int:
    page = fetch("parent")
    loud = child(page)
    assert broken_child(return_state=True).is_failed()
    return length(loud)


attempts = {"task": 0, "flow": 0}


@task(retries=2, retry_delay_seconds=1)
def flaky() -> int:
    attempts["task"] += 1
    get_run_logger().info("attempt %s of the task", attempts["task"])
    if attempts["task"] < 2:
        raise ValueError("not yet")
    return attempts["task"]


@flow(name="go-retries", retries=1, retry_delay_seconds=1)
def retries() -> int:
    n = flaky()
    attempts["flow"] += 1
    if attempts["flow"] < 2:
        raise ValueError("the flow fails once")
    return n


@task
def breaks() -> None:
    raise ValueError("it is broken")


@flow(name="go-failing")
def failing() -> None:
    breaks()


@task(timeout_seconds=0.5)
def slow() -> None:
    time.sleep(10)


@flow(name="go-slow-task")
def slow_task() -> str:
    return slow(return_state=True).name


@flow(name="go-slow-flow", timeout_seconds=1)
def slow_flow() -> None:
    for _ in range(600):
        time.sleep(0.1)


@task
def panics() -> None:
    raise KeyboardInterrupt("out of ideas")


@flow(name="go-crashing")
def crashing() -> None:
    panics()


if __name__ == "__main__":
    runs = {}

    def remember(flow, flow_run, state):  # Prefect 2 names its arguments
        runs[flow.name] = str(flow_run.id)

    for f in (graph, parent, retries, failing, slow_task, slow_flow, crashing):
        for kind in ("on_completion", "on_failure", "on_crashed"):
            f = f.with_options(**{kind: [remember]})
        try:
            f(return_state=True)
        except KeyboardInterrupt:
            pass
    print(json.dumps(runs))
