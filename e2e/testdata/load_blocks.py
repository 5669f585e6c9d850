"""Loads blocks named as TYPE/NAME as a flow does, and prints each one's class and values as JSON, secrets in clear."""
import json
import sys

try:
    import prefect.filesystems  # noqa: F401
    import prefect_azure.container_instance  # noqa: F401
except ImportError:  # 3.x has neither
    pass
import prefect.blocks.system  # noqa: F401
import prefect_azure.credentials  # noqa: F401
from prefect.blocks.core import Block


def clear(value):
    if hasattr(value, "get_secret_value"):
        return value.get_secret_value()
    if hasattr(value, "dict") and callable(value.dict):
        return {field: clear(getattr(value, field)) for field in value.dict() if hasattr(value, field)}
    return value


loaded = {}
for path in sys.argv[1:]:
    block = Block.load(path)
    loaded[path] = {"class": type(block).__name__, "values": clear(block)}
print(json.dumps(loaded, default=str))
