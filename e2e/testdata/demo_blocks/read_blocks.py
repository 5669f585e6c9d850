"""Loads the blocks named as TYPE/NAME with Prefect's own classes, or its own client where the version has none, and prints their data as JSON."""
import asyncio
import json
import sys

from prefect.client.orchestration import get_client

try:  # the classes must be known to be found by a document's type
    import prefect.filesystems  # noqa: F401
    import prefect_azure.container_instance  # noqa: F401
    import prefect_azure.credentials  # noqa: F401
    from prefect.blocks.core import Block
except ImportError:
    pass


async def main():
    found = {}
    async with get_client() as client:
        for path in sys.argv[1:]:
            slug, name = path.split("/")
            document = await client.read_block_document_by_name(name, slug, include_secrets=True)
            try:
                block = Block._from_block_document(document)
                kind = type(block).__name__
            except Exception as error:
                kind = type(error).__name__
            found[path] = {"data": document.data, "class": kind, "checksum": document.block_schema.checksum}
    print(json.dumps(found, default=str))


asyncio.run(main())
