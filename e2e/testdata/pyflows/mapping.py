"""Tasks mapped over lists, with futures that others wait for, and one of them that fails."""

from prefect import flow, get_run_logger, task, unmapped
from prefect.futures import wait
from prefect.task_runners import ThreadPoolTaskRunner


@task(task_run_name="add-{n}")
def add(n: int, to: int) -> int:
    return n + to


@task
def total(numbers: list[int]) -> int:
    return sum(numbers)


@task(task_run_name="check-{n}")
def check(n: int):
    get_run_logger().info("checking %s", n)
    if n == 2:
        raise ValueError(f"{n} is wrong")
    return n


@flow(task_runner=ThreadPoolTaskRunner(max_workers=3))
def mapped() -> int:
    sums = add.map([1, 2, 3], unmapped(10))
    return total.submit(sums).result()


@flow
def mapped_with_failure():
    checks = check.map([1, 2, 3])
    wait(checks)
    skipped = total.submit(checks)
    skipped.wait()
    return [c.state for c in checks] + [skipped.state]


def run():
    failed = mapped_with_failure(return_state=True)
    assert mapped() == 36
    return failed.name, failed.message
