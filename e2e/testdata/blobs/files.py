"""Works with the files of a storage account through adlfs, as Prefect's file system for Azure does.

    files.py CONNECTION_STRING FOLDER

FOLDER is uploaded and downloaded again. Prints what is there after each step.
"""

import os
import sys
import tempfile

import adlfs

connection, folder = sys.argv[1:]
fs = adlfs.AzureBlobFileSystem(connection_string=connection, skip_instance_cache=True)
fs.mkdir("files")
with fs.open("files/a/b.txt", "wb") as f:
    f.write(b"text " * 3)
print(fs.cat("files/a/b.txt"), fs.info("files/a/b.txt")["size"], fs.exists("files/none"), fs.isdir("files/a"))
with fs.open("files/large", "wb", block_size=1 << 20) as f:
    for _ in range(3):
        f.write(os.urandom(1 << 20))
print(fs.size("files/large"), len(fs.cat_file("files/large", start=1 << 20, end=(1 << 20) + 10)))
fs.copy("files/a/b.txt", "files/a/c.txt")
print(fs.find("files"))
fs.put(folder, "files/up", recursive=True)
with tempfile.TemporaryDirectory() as down:
    fs.get("files/up", down, recursive=True)
    print(sorted(name for _, _, names in os.walk(down) for name in names))
fs.rm("files/a", recursive=True)
fs.rm("files/up", recursive=True)
print(fs.find("files"), fs.ls("files"))
fs.rmdir("files")
