"""Deployments that one process serves: a run that ends well, one that is cancelled, and one whose process dies."""

import os
import time

from prefect import flow, get_run_logger, serve
from prefect.logging.handlers import APILogHandler


@flow(log_prints=True)
def served(name: str = "nobody"):
    print(f"hello {name}")


@flow
def cancelled():
    get_run_logger().info("waiting")
    time.sleep(300)


@flow
def crashes():
    APILogHandler().flush()
    os._exit(7)


if __name__ == "__main__":
    serve(
        served.to_deployment("pyflows", parameters={"name": "deployment"}, tags=["pyflows"]),
        cancelled.to_deployment("pyflows"),
        crashes.to_deployment("pyflows"),
    )
