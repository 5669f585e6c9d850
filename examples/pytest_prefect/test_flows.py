"""Run it with: pytest"""

import pytest
from flows import report
from prefect.artifacts import Artifact
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId
from prefect.logging.handlers import APILogHandler
from prefect.variables import Variable


@pytest.fixture(autouse=True)
def region():
    Variable.set("region", "northeurope", overwrite=True)


def test_report():
    state = report("Figures", return_state=True)
    assert state.is_completed() and state.result() == "northeurope"
    assert Artifact.get("report").data == "# Figures"
    APILogHandler().flush()
    with get_client(sync_client=True) as client:
        run = client.read_flow_run(state.state_details.flow_run_id)
        logs = client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    assert run.parameters == {"title": "Figures"} and run.run_count == 1
    assert "Figures: 200 in northeurope" in [log.message for log in logs]


def test_the_session_has_an_api_of_its_own(prefect_api):
    with get_client(sync_client=True) as client:
        assert str(client.api_url).rstrip("/") == prefect_api
        assert prefect_api.startswith("http://127.0.0.1:")
