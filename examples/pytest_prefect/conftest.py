"""A Prefect API for a test session, in memory and ready at once. Copy this file beside your own tests.

It needs the program `pacific` on PATH, or where PACIFIC says.
"""

import os
import shutil
import subprocess
import time

import pytest
from prefect.settings import PREFECT_API_KEY, PREFECT_API_URL, temporary_settings


@pytest.fixture(scope="session", autouse=True)
def prefect_api(tmp_path_factory):
    """The address of a Prefect API with nothing in it, which every flow of this session uses."""
    program = os.environ.get("PACIFIC", "pacific")
    if shutil.which(program) is None:
        pytest.exit(f"no program {program!r}: build it with `make build` in Pacific's repository, and name it in PACIFIC", returncode=2)
    folder = tmp_path_factory.mktemp("pacific")
    environment, output = folder / "environment", folder / "output"
    command = [program, "emulator", "start", "--with-prefect", "--listen", "127.0.0.1:0", "--prefect-listen", "127.0.0.1:0"]
    with output.open("w") as log:
        emulator = subprocess.Popen([*command, "--env-file", environment], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        while not environment.exists():  # it is there, and whole, when the API answers
            if emulator.poll() is not None:
                pytest.exit(f"the Prefect API did not start:\n{output.read_text()}", returncode=2)
            time.sleep(0.01)
        url = address(environment.read_text())
        with pytest.MonkeyPatch.context() as patch, temporary_settings({PREFECT_API_URL: url}, restore_defaults={PREFECT_API_KEY}):
            patch.setenv("PREFECT_API_URL", url)  # for processes that a test starts
            patch.delenv("PREFECT_API_KEY", raising=False)
            yield url
    finally:
        emulator.terminate()
        emulator.wait()


def address(environment: str) -> str:
    """The address of the Prefect API in lines of the form export NAME='value'."""
    for line in environment.splitlines():
        name, _, value = line.removeprefix("export ").partition("=")
        if name == "PREFECT_API_URL":
            return value.strip("'")
    raise ValueError("the environment names no PREFECT_API_URL")
