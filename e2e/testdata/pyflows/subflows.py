"""Flows in flows, in a task's place: with parameters, with a state as the return value, and one that fails."""

from prefect import allow_failure, flow, get_run_logger, tags, task
from prefect.states import Completed


@task
def double(n: int) -> int:
    return 2 * n


@flow(log_prints=True, validate_parameters=True)
def child(n: int, why: str = "because") -> int:
    print(f"child {n}, {why}")
    return double(n)


@flow
def broken_child():
    raise ValueError("the child breaks")


@flow(flow_run_name="chosen-{letter}")
def stateful_child(letter: str):
    return Completed(message="a state of its own", name="Done")


@task
def after(failed) -> str:
    return type(failed).__name__


@flow
def parent():
    with tags("a", "b"):
        first = child(1)
    second = child(first, why="twice")
    broken = broken_child(return_state=True)
    stateful_child("x", return_state=True)
    get_run_logger().warning("the parent has %s", second)
    return second, broken.name, after(allow_failure(broken))


@flow
def fails_with_child():
    broken_child()


def run():
    last = fails_with_child(return_state=True)
    wrong = child("not a number", return_state=True)
    assert last.is_failed() and wrong.is_failed()
    return parent()
