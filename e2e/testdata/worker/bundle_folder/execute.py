"""It is the command of the container."""

import argparse
from pathlib import Path

from prefect.bundles.execute import execute_bundle_from_file

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder")
    parser.add_argument("--key")
    args = parser.parse_args()
    execute_bundle_from_file(str(Path(args.folder) / args.key))
