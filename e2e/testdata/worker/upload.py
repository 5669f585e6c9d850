"""Makes a blob container, and puts the files into it that are named, under a folder.

upload.py CONNECTION_STRING CONTAINER FOLDER FILE...
"""

import pathlib
import sys

from azure.storage.blob import BlobServiceClient

connection, container, folder, *files = sys.argv[1:]
blobs = BlobServiceClient.from_connection_string(connection).create_container(container)
for file in map(pathlib.Path, files):
    blobs.upload_blob(f"{folder}/{file.name}", file.read_bytes())
