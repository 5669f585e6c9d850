"""Azure's own Python SDK in a test. Run it with: pacific emulator run -- python -m unittest test_job

The credential, the proxy and the certificate authority come from the environment that `pacific emulator run` sets;
nothing here knows of an emulator.
"""
import os
import time
import unittest

from azure.identity import DefaultAzureCredential
from azure.mgmt.containerinstance import ContainerInstanceManagementClient
from azure.mgmt.containerinstance import models
from azure.mgmt.resource import ResourceManagementClient


class JobTest(unittest.TestCase):
    def test_exit_code_and_output(self):
        credential, subscription = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
        groups = ResourceManagementClient(credential, subscription).resource_groups
        groups.create_or_update("jobs", {"location": "westeurope"})
        aci = ContainerInstanceManagementClient(credential, subscription)
        aci.container_groups.begin_create_or_update("jobs", "job", models.ContainerGroup(
            location="westeurope", os_type="Linux", restart_policy="Never",
            containers=[models.Container(
                name="main", image="python:3.13-slim", command=["sh", "-c", "echo hello; exit 3"],
                resources=models.ResourceRequirements(requests=models.ResourceRequests(cpu=1, memory_in_gb=1)))],
        )).result()
        deadline = time.monotonic() + 30
        while (state := aci.container_groups.get("jobs", "job").containers[0].instance_view.current_state).state != "Terminated":
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(state.exit_code, 3)
        self.assertEqual(aci.containers.list_logs("jobs", "job", "main").content, "hello\n")
        aci.container_groups.begin_delete("jobs", "job").result()
