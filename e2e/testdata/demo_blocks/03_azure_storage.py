"""Where flow code is kept."""
from os import environ

from prefect.filesystems import Azure

Azure(
    bucket_path="flows", azure_storage_account_name=environ["STORAGE_ACCOUNT"], azure_storage_account_key=environ["STORAGE_KEY"]
).save("az-storage", overwrite=True)
