"""Runs kinds of flows in one process, and prints what each of them gave: main.py KIND…"""

import importlib
import json
import sys

for kind in sys.argv[1:]:
    print(json.dumps({kind: importlib.import_module(kind).run()}, default=str), flush=True)
