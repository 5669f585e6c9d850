"""A flow and a task that take too long."""

import time

from prefect import flow, task


@task(timeout_seconds=0.5)
def slow_task():
    time.sleep(10)


@flow
def task_times_out():
    return slow_task(return_state=True).name


@flow(timeout_seconds=1)
def flow_times_out():
    time.sleep(10)


def run():
    assert task_times_out() == "TimedOut"
    assert flow_times_out(return_state=True).name == "TimedOut"
