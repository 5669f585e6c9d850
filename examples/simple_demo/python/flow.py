"""A flow that logs one line. It runs with Prefect 2.20 and 3."""

from prefect import flow, get_run_logger, task


@task
def greet(name: str) -> str:
    get_run_logger().info("Hello, %s!", name)
    return f"Hello, {name}!"


@flow(name="Simple Demo")
def simple_demo(name: str = "ACI") -> str:
    """Says hello in the log."""
    return greet(name)


if __name__ == "__main__":
    simple_demo()
