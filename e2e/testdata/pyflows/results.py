"""Results that are kept on disk, cached by inputs, taken from the cache, refreshed and rolled back."""

from datetime import timedelta

from prefect import flow, task
from prefect.cache_policies import INPUTS
from prefect.client.orchestration import get_client
from prefect.transactions import transaction

calls = []


@task(cache_policy=INPUTS, cache_expiration=timedelta(hours=1), persist_result=True)
def square(n: int) -> int:
    calls.append(n)
    return n * n


@task(persist_result=True, result_storage_key="kept-{parameters[name]}.json", result_serializer="json")
def keep(name: str) -> dict:
    return {"name": name}


@task
def write(name: str):
    calls.append(name)


@write.on_rollback
def erase(txn):
    calls.append("erased")


@flow(persist_result=True)
def results() -> int:
    keep("a")
    square.with_options(refresh_cache=True)(3)
    return square(2) + square(2) + square(3)


@flow
def rolls_back():
    with transaction():
        write("file")
        raise ValueError("after the write")


def run():
    state = results(return_state=True)
    rolled = rolls_back(return_state=True)
    with get_client(sync_client=True) as client:
        kept = client.read_flow_run(state.state_details.flow_run_id).state.result()
    assert state.result() == kept == 17 and rolled.is_failed()
    assert calls == [3, 2, "file", "erased"], calls
