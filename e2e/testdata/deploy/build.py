"""Deploys flows of the folder it runs in as the demo's scripts do, with Prefect 2, and prints the deployments' ids, a line each.

build.py STORAGE INFRASTRUCTURE QUEUE NAME MODULE:FUNCTION...
"""

import importlib
import sys
import types
import warnings

warnings.simplefilter("ignore")

for name in ("azure.keyvault", "azure.keyvault.secrets"):  # a flow imports it; nothing here needs it
    try:
        importlib.import_module(name)
    except ImportError:
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].SecretClient = None

from prefect.deployments import Deployment
from prefect.filesystems import Azure
from prefect_azure.container_instance import AzureContainerInstanceJob

sys.path.insert(0, ".")
storage, infrastructure, queue, deployment, *flows = sys.argv[1:]
for flow in flows:
    module, function = flow.split(":")
    made = Deployment.build_from_flow(
        flow=getattr(importlib.import_module(module), function),
        name=deployment,
        version="1",
        storage=Azure.load(storage),
        infrastructure=AzureContainerInstanceJob.load(infrastructure),
        work_queue_name=queue,
        path=f"{deployment}/{module}",
        skip_upload=True,
    )
    print(made.apply(upload=True))
