"""Prefect calls it on the machine of the caller, with the file to keep as its last argument."""

import argparse
import shutil
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--folder")
parser.add_argument("--key")
parser.add_argument("file")
args = parser.parse_args()
shutil.copy(args.file, Path(args.folder) / args.key)
