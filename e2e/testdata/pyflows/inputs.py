"""A flow that asks a person: it waits, is refused what does not fit, and goes on when another process answers."""

from prefect import flow, get_run_logger
from prefect.flow_runs import pause_flow_run
from prefect.input import RunInput


class Answer(RunInput):
    name: str
    times: int = 1


@flow
def asks() -> str:
    answer = pause_flow_run(wait_for_input=Answer.with_initial_data("who?", name="nobody"), timeout=300, poll_interval=1)
    get_run_logger().info("the answer is %s, %s times", answer.name, answer.times)
    return answer.name * answer.times


def run():
    assert asks() == "ACIACI"
