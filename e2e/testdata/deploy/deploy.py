"""Deploys flows of this folder to a work pool with Prefect 3's own flow.deploy, and prints the deployments' ids.

    deploy.py POOL NAME OPTIONS ENTRYPOINT...

OPTIONS are further arguments of flow.deploy, as JSON.
"""

import json
import os
import sys

from prefect.flows import Flow

pool, name, options, *entrypoints = sys.argv[1:]
for entrypoint in entrypoints:
    flow = Flow.from_source(source=os.getcwd(), entrypoint=entrypoint)
    print(flow.deploy(name=name, work_pool_name=pool, build=False, push=False, print_next_steps=False, **json.loads(options)), file=sys.__stdout__)
