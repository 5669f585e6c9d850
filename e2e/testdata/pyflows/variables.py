"""Variables that a flow sets, reads, replaces and removes, and a block with a secret."""

from prefect import flow
from prefect.blocks.system import Secret
from prefect.variables import Variable


@flow(log_prints=True)
def variables():
    Variable.set("pyflows_region", "westeurope", tags=["a"], overwrite=True)
    print(Variable.get("pyflows_region"))
    Variable.set("pyflows_region", {"name": "eastus", "zones": [1, 2]}, overwrite=True)
    print(Variable.get("pyflows_region")["zones"])
    try:
        Variable.set("pyflows_region", "again")
    except ValueError as e:
        print(e)
    print(Variable.get("pyflows_missing", default="none"))
    print(Variable.unset("pyflows_region"), Variable.unset("pyflows_region"))
    Secret(value="hunter2").save("pyflows-secret", overwrite=True)
    return Secret.load("pyflows-secret").get()


def run():
    assert variables() == "hunter2"
