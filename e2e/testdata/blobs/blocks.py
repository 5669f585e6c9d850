"""Keeps a flow's files with Prefect's own block for Azure's blobs: prefect.filesystems.Azure in Prefect 2, and
prefect-azure's AzureBlobStorageContainer in Prefect 3.

    blocks.py CONNECTION_STRING CONTAINER

Makes the container and removes it again. Prints what is there after each step, the same with both blocks.
"""

import asyncio
import pathlib
import sys
import tempfile

import prefect
from azure.storage.blob import BlobServiceClient


def block(connection, container):
    if prefect.__version__.startswith("2."):
        from prefect.filesystems import Azure

        return Azure(bucket_path=f"{container}/deployed", azure_storage_connection_string=connection)
    from prefect_azure import AzureBlobStorageContainer, AzureBlobStorageCredentials

    return AzureBlobStorageContainer(container_name=container, base_folder="deployed",
                                     credentials=AzureBlobStorageCredentials(connection_string=connection))


def files(folder):
    return sorted(str(p.relative_to(folder)) for p in pathlib.Path(folder).rglob("*") if p.is_file())


async def main(connection, name):
    container = BlobServiceClient.from_connection_string(connection).create_container(name)
    try:
        await use(block(connection, name), container)
    finally:
        container.delete_container()


async def use(storage, container):
    await storage.write_path("results/one", b"written")
    await storage.write_path("results/one", b"written again")
    print(await storage.read_path("results/one"))
    with tempfile.TemporaryDirectory() as project:
        (pathlib.Path(project) / "tasks").mkdir()
        for name in ("flow.py", "tasks/sub.py"):
            (pathlib.Path(project) / name).write_text(f"# {name}\n" * 1000)
        await storage.put_directory(local_path=project, to_path="code")
    print(sorted(b.name for b in container.list_blobs() if b.size))
    with tempfile.TemporaryDirectory() as down:
        await storage.get_directory(from_path=None, local_path=down)
        print(files(down))
        print(next(pathlib.Path(down).rglob("sub.py")).read_text().count("# tasks/sub.py"))


asyncio.run(main(*sys.argv[1:]))
