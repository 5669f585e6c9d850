"""Flows that an assignment makes."""
import prefect
from prefect import flow


def _plain(a: int, b: str = "x"):
    """From the function.

    Args:
        a: The a.
    """


async def _async(a: int = 1): ...


@flow(name="Base", version="1", retries=2, log_prints=True)
def base(n: int = 1):
    """From the base."""


by_call = flow(_plain)
by_call_with_name = flow(_plain, name="By call", description="Given.", version="7")
by_decorator = flow(name="By decorator", retries=3, timeout_seconds=5)(_plain)
by_attribute = prefect.flow(_async, retry_delay_seconds=2)
bare_decorator = flow()(_plain)
with_options = base.with_options(name="With options", retries=0, log_prints=False)
with_more_options = with_options.with_options(description="More.", name=None, timeout_seconds=7, version=None)
alias = base
