"""Writes what Prefect itself reads from every flow of flows/*.py.

    PREFECT3/bin/python golden.py > prefect3.json
    PREFECT2/bin/python golden.py > prefect2.json

The files were made with Prefect 3.9.1 (pydantic 2.14.4) and 2.20.27 (pydantic 2.12.5) under Python 3.11. A flow that
Prefect refuses has {"refused": the error's class}.
"""

import importlib.util
import json
import pathlib
import sys
import warnings

import prefect
import prefect.flows

warnings.simplefilter("ignore")
three = prefect.__version__.startswith("3")
made = {}
refused = {}
current = None

real = prefect.flows.Flow.__init__


def init(self, fn, *args, **kwargs):
    """Keeps a refused flow's error instead of stopping the module that declares it."""
    try:
        real(self, fn, *args, **kwargs)
        made[current][fn.__name__] = self
    except Exception as error:
        made[current][fn.__name__] = error


prefect.flows.Flow.__init__ = init


def describe(flow):
    if isinstance(flow, Exception):
        return {"refused": type(flow).__name__}
    schema = flow.parameters.model_dump_for_openapi() if three else flow.parameters.dict()
    return {
        "name": flow.name,
        "description": flow.description,
        "version": flow.version,
        "retries": flow.retries,
        "retry_delay_seconds": flow.retry_delay_seconds,
        "timeout_seconds": flow.timeout_seconds,
        "log_prints": flow.log_prints,
        "schema": schema,
    }


for path in sorted((pathlib.Path(__file__).parent / "flows").glob("*.py")):
    current = path.name
    made[current] = {}
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    flows = {name: value for name, value in vars(module).items() if isinstance(value, prefect.Flow)}
    refusals = {name: error for name, error in made[current].items() if isinstance(error, Exception)}
    made[current] = {**flows, **refusals}

out = {name: {fn: describe(flow) for fn, flow in flows.items()} for name, flows in made.items()}
json.dump(out, sys.stdout, indent=1, sort_keys=True, ensure_ascii=False)
print()
