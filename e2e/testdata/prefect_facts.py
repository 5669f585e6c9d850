"""What Prefect's own code says, as JSON on standard output, for prefect_facts_test.go.

blocks    the schemas that a server of this version registers, the checksums of the schemas on standard input,
          and the data of some block documents
settings  the settings that are set, as environment variables, and every name that there is
"""
import importlib
import inspect
import json
import os
import sys
import uuid
import warnings

warnings.simplefilter("ignore")
out = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever Prefect prints is no part of the answer

import prefect  # noqa: E402
from prefect.blocks.core import Block  # noqa: E402

THREE = prefect.__version__.startswith("3.")


def load(path):
    module, name = path.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except Exception:
        return None


def fields_of(cls):
    return cls.model_json_schema() if THREE else cls.schema()


def schemas():
    found = {}
    for path in ("prefect.blocks.system:String", "prefect.blocks.system:Secret", "prefect.filesystems:Azure",
                 "prefect.infrastructure.container:DockerRegistry"):
        cls = load(path)
        if cls is not None:
            found[cls.get_block_type_slug()] = {
                "fields": fields_of(cls), "checksum": cls._calculate_schema_checksum(), "name": cls.get_block_type_name(),
                "version": cls.get_block_schema_version(), "capabilities": sorted(cls.get_block_capabilities())}
    with open(os.path.join(os.path.dirname(prefect.__file__), "server", "collection_blocks_data.json")) as f:
        for collection in json.load(f)["collections"].values():
            for slug, kind in collection["block_types"].items():
                schema = kind["block_schema"]
                found[slug] = {"fields": schema["fields"], "checksum": schema["checksum"], "name": kind["name"],
                               "version": schema["version"], "capabilities": sorted(schema["capabilities"])}
    return found


def saved(block, name):
    """The block as if it were kept on a server, so that others refer to it."""
    block._block_document_id = uuid.UUID("7a1c95c9-fdca-40d6-b43d-e99170691a75")
    block._block_document_name = name
    return block


def document(block):
    anything = uuid.uuid4()
    doc = block._to_block_document(name="x", block_schema_id=anything, block_type_id=anything)
    if THREE:
        return json.loads(doc.model_dump_json(context={"include_secrets": True}))["data"]
    return doc.dict(json_compatible=True, include_secrets=True)["data"]


def documents():
    credentials = load("prefect_azure.credentials:AzureContainerInstanceCredentials")
    storage = load("prefect_azure.credentials:AzureBlobStorageCredentials")
    secret = load("prefect.blocks.system:Secret")
    demo = dict(client_id="c", tenant_id="t", client_secret="s")
    found = {
        "credentials": credentials(**demo),
        "credentials-default": credentials(),
        "credentials-kwargs": credentials(**demo, credential_kwargs={"authority": "a"}),
        "storage-connection": storage(connection_string="DefaultEndpointsProtocol=https"),
        "storage-url": storage(account_url="https://a.blob.core.windows.net"),
        "secret": secret(value="v"),
    }
    if not THREE:
        string, azure = load("prefect.blocks.system:String"), load("prefect.filesystems:Azure")
        registry = load("prefect.infrastructure.container:DockerRegistry")
        job = load("prefect_azure.container_instance:AzureContainerInstanceJob")
        identity = load("prefect_azure.container_instance:ACRManagedIdentity")
        found |= {
            "string": string(value="https://kv.vault.azure.net"),
            "azure": azure(bucket_path="flows", azure_storage_account_name="a", azure_storage_account_key="k"),
            "azure-principal": azure(bucket_path="f", azure_storage_account_name="a", azure_storage_tenant_id="t",
                                     azure_storage_client_id="c", azure_storage_client_secret="s", azure_storage_anon=False,
                                     azure_storage_container="box"),
            "registry": registry(username="u", password="p", registry_url="r.io"),
            "job": job(name="aci", image="radbrt/orion_aci_base:latest", cpu=1, memory=1, aci_credentials=saved(credentials(**demo), "aci-sp"),
                       subscription_id="sub", resource_group_name="aci-rg", task_start_timeout_seconds=480, identities=["/id"]),
            "job-full": job(env={"A": "1", "B": None}, labels={"l": "v"}, command=["python", "-m", "x"], subscription_id="sub",
                            resource_group_name="rg", image="i", entrypoint=None, cpu=0.5, memory=1.5, gpu_count=1, gpu_sku="V100",
                            image_registry=identity(registry_url="r.azurecr.io", identity="/id"), subnet_ids=["/s"],
                            dns_servers=["10.0.0.1"], stream_output=True, task_watch_poll_interval=0.5),
            "job-registry": job(subscription_id="sub", resource_group_name="rg", image="i",
                                image_registry=saved(registry(username="u", password="p", registry_url="r.io"), "reg")),
            "job-inline": job(subscription_id="sub", resource_group_name="rg", image="i", stream_output=False,
                              image_registry=registry(username="u", password="p", registry_url="r.io", reauth=False)),
        }
    return {name: document(block) for name, block in found.items()}


def checksums():
    return [Block._calculate_schema_checksum(json.loads(text)) for text in json.load(sys.stdin)]


def setting_names():
    if not THREE:
        from prefect.settings import SETTING_VARIABLES
        return {name: [name] for name in SETTING_VARIABLES}, [n for n, s in SETTING_VARIABLES.items() if s.is_secret], {}
    from pydantic import AliasChoices, SecretStr
    from prefect.settings import Settings
    from prefect.settings.base import PrefectBaseSettings
    names, secrets, keys = {}, [], {}

    def walk(cls, prefix):
        for name, field in cls.model_fields.items():
            if inspect.isclass(field.annotation) and issubclass(field.annotation, PrefectBaseSettings):
                walk(field.annotation, prefix + name + ".")
                continue
            own = cls.model_config["env_prefix"] + name.upper()
            others = []
            if isinstance(field.validation_alias, AliasChoices):
                others = [a.upper() for a in field.validation_alias.choices if isinstance(a, str)]
            names[own] = [own] + [a for a in others if a != own]
            keys[own] = prefix + name
            if SecretStr in getattr(field.annotation, "__args__", ()) or field.annotation is SecretStr:
                secrets.append(own)

    walk(Settings, "")
    return names, secrets, keys


def settings():
    import prefect.context
    context = prefect.context.get_settings_context()
    names, secrets, keys = setting_names()
    return {"profile": context.profile.name, "environment": context.settings.to_environment_variables(exclude_unset=True),
            "names": names, "secrets": secrets, "keys": keys}


if sys.argv[1] == "blocks":
    answer = {"schemas": schemas(), "checksums": checksums(), "documents": documents()}
else:
    answer = settings()
answer["version"] = prefect.__version__
json.dump(answer, out)
out.close()
