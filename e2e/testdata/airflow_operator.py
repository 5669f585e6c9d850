"""Airflow's AzureContainerInstancesOperator, executed as a worker executes it, without a scheduler and its database.

The resource group "airflow" is there, with a storage account "airflowfiles" whose share is "data". FILES_KEY is its key, DATA
the folder where a container finds the share.
"""
import asyncio
import contextlib
import json
import os

os.environ["AIRFLOW_HOME"] = os.path.join(os.environ["HOME"], "airflow")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"


def connection(name, login, password, **extra):
    """A connection as Airflow reads it from the environment."""
    os.environ[f"AIRFLOW_CONN_{name.upper()}"] = json.dumps(
        {"conn_type": "azure", "login": login, "password": password, "extra": extra})


connection("aci", os.environ["AZURE_CLIENT_ID"], os.environ["AZURE_CLIENT_SECRET"],
    tenantId=os.environ["AZURE_TENANT_ID"], subscriptionId=os.environ["AZURE_SUBSCRIPTION_ID"])
connection("wrong", os.environ["AZURE_CLIENT_ID"], "wrong",
    tenantId=os.environ["AZURE_TENANT_ID"], subscriptionId=os.environ["AZURE_SUBSCRIPTION_ID"])
connection("files", "airflowfiles", os.environ["FILES_KEY"])

# Airflow reads its settings when it is imported.
from airflow.providers.microsoft.azure.hooks.container_instance import AzureContainerInstanceHook
from airflow.providers.microsoft.azure.operators.container_instances import AzureContainerInstancesOperator
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowException, TaskDeferred


class TaskInstance:
    """What the operator needs of one: where it leaves the container's output for the tasks after it."""

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value


def operator(name, script, **options):
    return AzureContainerInstancesOperator(task_id=name, name=name, ci_conn_id="aci", resource_group="airflow",
        region="westeurope", image="alpine", cpu=1.0, memory_in_gb=1.0, command=["sh", "-c", script], dag=dag, **options)


def refused(kind, words, call):
    try:
        call()
    except kind as e:
        assert words in str(e), e
    else:
        raise AssertionError(f"no {kind.__name__}")


dag = DAG("aci", schedule=None)
hook = AzureContainerInstanceHook("aci")
assert hook.test_connection() == (True, "Successfully connected to Azure Container Instance."), hook.test_connection()
ok, why = AzureContainerInstanceHook("wrong").test_connection()
assert not ok and "AADSTS7000215" in why, why

# A container from its creation to its exit code. Its last line is handed on, and the group is deleted.
ti = TaskInstance()
code = operator("greeting", "echo hello from $WHO; sleep 1; echo the last line", environment_variables={"WHO": "airflow"},
    secured_variables=["WHO"], tags={"made-by": "airflow"}, xcom_all=True).execute({"ti": ti})
assert code == 0 and ti.pushed == {"logs": ["hello from airflow\n", "the last line\n"]}, (code, ti.pushed)
assert not hook.exists("airflow", "greeting")

# One that fails fails the task; kept, its name is taken.
failing = operator("failing", "echo oh no; exit 3", remove_on_error=False)
refused(AirflowException, "Container had a non-zero exit code, 3", lambda: failing.execute({"ti": ti}))
assert hook.get_logs("airflow", "failing") == ["oh no\n"]
refused(AirflowException, "Container group exists", lambda: failing.execute({"ti": ti}))
failing.on_kill()
assert not hook.exists("airflow", "failing")

# A share of Azure Files outlives its container.
share = ("files", "airflowfiles", "data", "/mnt/data", False)
assert operator("writer", "echo kept > $DATA/file", volumes=[share], environment_variables={"DATA": os.environ["DATA"]}).execute({"ti": ti}) == 0
operator("reader", "cat $DATA/file", volumes=[share], environment_variables={"DATA": os.environ["DATA"]}, xcom_all=False).execute({"ti": ti})
assert ti.pushed == {"logs": ["kept\n"]}, ti.pushed


async def event(trigger):
    async with contextlib.aclosing(trigger.run()) as events:
        return (await anext(events)).payload


# Deferrable: the task gives its place up, and Azure's asynchronous client waits in the triggerer.
for name, script in ("waits", "sleep 1; echo done"), ("waits-in-vain", "exit 4"):
    waiting = operator(name, script, deferrable=True, polling_interval=0.2, xcom_all=True, identity={"type": "SystemAssigned"})
    try:
        waiting.execute({"ti": ti})
        raise AssertionError("not deferred")
    except TaskDeferred as deferred:
        happened = asyncio.run(event(deferred.trigger))
        resume = getattr(waiting, deferred.method_name)
    if name == "waits":
        assert resume({"ti": ti}, event=happened) == 0 and ti.pushed == {"logs": ["done\n"]}, (happened, ti.pushed)
    else:
        refused(RuntimeError, "exit code 4", lambda: resume({"ti": ti}, event=happened))
    assert not hook.exists("airflow", name)
print("airflow: ok")
