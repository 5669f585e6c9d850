"""A task and a flow that fail at first, each with delays between its attempts."""

from prefect import flow, get_run_logger, task

attempts = {"task": 0, "flow": 0}


@task(retries=2, retry_delay_seconds=[0.2, 0.4])
def fetch() -> int:
    attempts["task"] += 1
    get_run_logger().info("attempt %s of the task", attempts["task"])
    if attempts["task"] < 3:
        raise ConnectionError("not yet")
    return attempts["task"]


@task(retries=1, retry_delay_seconds=0.2, retry_condition_fn=lambda *_: False)
def never_again():
    raise ValueError("of no use")


@flow(retries=1, retry_delay_seconds=1)
def retries_in_time() -> int:
    attempts["flow"] += 1
    count = fetch()
    if attempts["flow"] < 2:
        raise RuntimeError("the flow fails once")
    return count


@flow(retries=1)
def retries_in_vain():
    never_again()


def run():
    first = retries_in_time()
    second = retries_in_vain(return_state=True)
    assert first == 4 and attempts == {"task": 4, "flow": 2}, attempts
    return second.message
