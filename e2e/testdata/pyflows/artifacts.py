"""Artifacts of every type, from a flow and from a task."""

from prefect import flow, task
from prefect.artifacts import (
    Artifact,
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)


@task
def measure():
    create_table_artifact(key="pyflows-table", table=[{"n": 1, "ok": True}, {"n": 2, "ok": False}], description="two rows")


@flow
def artifacts():
    create_markdown_artifact(key="pyflows-report", markdown="# first")
    create_markdown_artifact(key="pyflows-report", markdown="# second", description="the latest")
    create_link_artifact(key="pyflows-link", link="https://example.com", link_text="there")
    create_image_artifact(key="pyflows-image", image_url="https://example.com/a.png")
    progress = create_progress_artifact(progress=10)
    update_progress_artifact(progress, progress=90.5)
    measure()
    return Artifact.get("pyflows-report").data


def run():
    assert artifacts() == "# second"
