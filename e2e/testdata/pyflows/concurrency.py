"""Limits: of tasks by tag, and global ones with the context manager and as a rate."""

import threading
import time

from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitCreate
from prefect.concurrency.sync import concurrency, rate_limit
from prefect.futures import wait

running, most, lock = {}, {}, threading.Lock()


def busy(name: str):
    with lock:
        running[name] = running.get(name, 0) + 1
        most[name] = max(most.get(name, 0), running[name])
    time.sleep(0.3)
    with lock:
        running[name] -= 1


@task(tags=["pyflows-one"], task_run_name="tagged-{n}")
def tagged(n: int):
    busy("tagged")


@task(task_run_name="global-{n}")
def limited(n: int):
    with concurrency("pyflows-global", occupy=1, timeout_seconds=300):
        busy("global")


@flow
def by_tag():
    wait(tagged.map(range(2)))


@flow
def by_name():
    wait(limited.map(range(3)))
    rate_limit("pyflows-rate")
    with concurrency("pyflows-unknown", occupy=1):
        pass


@flow
def by_name_strictly():
    with concurrency("pyflows-unknown", strict=True):
        pass


@flow
def without_slot():
    with concurrency("pyflows-full"), concurrency("pyflows-full", timeout_seconds=1):
        pass


def run():
    with get_client(sync_client=True) as client:
        client.create_concurrency_limit(tag="pyflows-one", concurrency_limit=1)
        for name, limit, decay in [("global", 1, 0), ("rate", 5, 2.5), ("full", 1, 0)]:
            client.create_global_concurrency_limit(
                GlobalConcurrencyLimitCreate(name=f"pyflows-{name}", limit=limit, slot_decay_per_second=decay)
            )
    by_tag()
    by_name()
    strictly, full = by_name_strictly(return_state=True), without_slot(return_state=True)
    with get_client(sync_client=True) as client:
        left = {
            "tag": client.read_concurrency_limit_by_tag("pyflows-one").active_slots,
            "global": client.read_global_concurrency_limit_by_name("pyflows-global").active_slots,
        }
        client.delete_concurrency_limit_by_tag("pyflows-one")
        for name in ["global", "rate", "full"]:
            client.delete_global_concurrency_limit_by_name(f"pyflows-{name}")
    assert most == {"tagged": 1, "global": 1} and left == {"tag": [], "global": 0}, (most, left)
    return strictly.message, full.message
