"""Prints the result of the flow run that is named, as its user reads it."""

import sys

from prefect.client.orchestration import get_client

print(get_client(sync_client=True).read_flow_run(sys.argv[1]).state.result())
