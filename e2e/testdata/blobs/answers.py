"""Prints what a Blob service answers to a fixed conversation, one step a line.

    answers.py CONNECTION_STRING

Two services agree if their lines are the same: each has the statuses and error codes of the step's answers and what the
client made of them. What a service chooses itself (ETags, times, ids) is compared here and never printed.
"""

import base64
import datetime
import hashlib
import sys

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError
from azure.storage import blob

connection = sys.argv[1]
hour = datetime.timedelta(hours=1)
now = datetime.datetime.now(datetime.timezone.utc)
answers = []


def note(pipeline_response):
    http = pipeline_response.http_response
    answers.append(f"{http.status_code} {http.headers.get('x-ms-error-code', '')}".strip())


def step(name, do):
    answers.clear()
    try:
        value = do()
    except HttpResponseError as e:
        value = type(e).__name__
    print(f"{name}: {answers} {value!r}")


def client(of=None, **options):
    options = dict(raw_response_hook=note, retry_total=0, **options)
    if of:
        return blob.ContainerClient.from_container_url(of, **options)
    return blob.BlobServiceClient.from_connection_string(connection, **options)


def names(pages):
    return [[item.name for item in page] for page in pages]


service = client()
key = service.credential.account_key
account = service.account_name
for container in list(service.list_containers(name_starts_with="answers-")):
    service.delete_container(container.name)
one = service.get_container_client("answers-one")

# Containers.
step("create", lambda: bool(one.create_container(metadata={"k": "v"})))
step("create again", one.create_container)
step("a bad name", lambda: service.create_container("answers-No"))
step("properties", lambda: one.get_container_properties().metadata)
step("metadata", lambda: bool(one.set_container_metadata({"other": "x"})))
step("its metadata", lambda: one.get_container_properties().metadata)
step("no container", service.get_container_client("answers-none").get_container_properties)
for name in ("answers-b", "answers-a", "answers-c"):
    service.create_container(name)
step("list", lambda: names(service.list_containers(name_starts_with="answers-", results_per_page=3).by_page()))

# Blobs that are put whole.
text = b"0123456789"
b = one.get_blob_client("dir/ü + %.txt")
settings = blob.ContentSettings(content_type="text/x", cache_control="no-store", content_language="de", content_disposition="inline")
step("put", lambda: bool(b.upload_blob(text, metadata={"a": "1"}, content_settings=settings)))
step("put again", lambda: b.upload_blob(text))
step("get", lambda: b.download_blob().readall())


def properties(of=None):
    p = (of or b).get_blob_properties()
    s = p.content_settings
    return [p.size, p.metadata, s.content_type, s.cache_control, s.content_language, s.content_disposition, s.content_encoding,
            s.content_md5 and base64.b64encode(s.content_md5).decode(), p.blob_type, p.lease.state, p.lease.status]


step("head", properties)
step("range", lambda: b.download_blob(offset=3, length=4).readall())
step("an open range", lambda: b.download_blob(offset=7).readall())
step("a range over the end", lambda: b.download_blob(offset=8, length=10).readall())
step("a range after the end", lambda: b.download_blob(offset=20, length=2).readall())
step("set properties", lambda: bool(b.set_http_headers(blob.ContentSettings(content_type="text/y"))))
step("set metadata", lambda: bool(b.set_blob_metadata({"b": "2"})))
step("head after", properties)
step("no blob", lambda: one.get_blob_client("none").get_blob_properties())
step("get no blob", lambda: one.get_blob_client("none").download_blob())
step("empty", lambda: bool(one.upload_blob("empty", b"")))
step("get empty", lambda: one.download_blob("empty").readall())
wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
step("a wrong MD5", lambda: one.upload_blob("wrong", text, headers={"Content-MD5": wrong}))

# Conditions.
etag = b.get_blob_properties().etag
at = b.get_blob_properties().last_modified
other = '"0x8D0000000000000"'
write = lambda **o: bool(b.upload_blob(text, overwrite=True, **o))
step("if match", lambda: b.download_blob(etag=etag, match_condition=MatchConditions.IfNotModified).readall())
step("if match another", lambda: b.download_blob(etag=other, match_condition=MatchConditions.IfNotModified).readall())
step("if none match", lambda: b.download_blob(etag=etag, match_condition=MatchConditions.IfModified).readall())
step("if modified", lambda: b.download_blob(if_modified_since=at).readall())
step("if unmodified", lambda: b.download_blob(if_unmodified_since=at - hour).readall())
step("head if none match", lambda: b.get_blob_properties(etag=etag, match_condition=MatchConditions.IfModified))
step("write if match another", lambda: write(etag=other, match_condition=MatchConditions.IfNotModified))
step("write if none match", lambda: write(etag=etag, match_condition=MatchConditions.IfModified))
step("write if unmodified", lambda: write(if_unmodified_since=at - hour))
step("write if match", lambda: write(etag=etag, match_condition=MatchConditions.IfNotModified))
step("delete if match another", lambda: b.delete_blob(etag=etag, match_condition=MatchConditions.IfNotModified))
step("write if match where none is", lambda: one.get_blob_client("none").upload_blob(text, overwrite=True, etag=etag, match_condition=MatchConditions.IfNotModified))

# Blocks.
l = one.get_blob_client("list")
ids = [base64.b64encode(i.encode()).decode() for i in ("a1", "a2", "a3")]


def lists():
    committed, staged = l.get_block_list("all")
    return [[x.id, x.size] for x in committed], [[x.id, x.size] for x in staged]


commit = lambda *list_: bool(l.commit_block_list([blob.BlobBlock(i) for i in list_]))
step("lists of none", lists)
step("stage", lambda: [bool(l.stage_block("a%d" % n, b"text %d " % n)) for n in (1, 2)])
step("lists of staged", lists)
step("a blob of staged blocks", properties)
step("list staged", lambda: [x.name for x in one.list_blobs(name_starts_with="list", include=["uncommittedblobs"])])
step("an id of another length", lambda: l.stage_block("other", b"x"))
step("commit", lambda: commit("a2", "a1", "a2"))
step("get committed", lambda: l.download_blob().readall())
step("head committed", lambda: properties(l))
step("stage more", lambda: bool(l.stage_block("a3", b"three ")))
step("lists of both", lists)
step("commit what is not there", lambda: commit("a9"))
step("commit both", lambda: commit("a3", "a1"))
step("get both", lambda: l.download_blob().readall())
step("lists after", lists)

# Lists.
for name in ("x/1", "x/2", "x/y/3", "x0", "z"):
    one.upload_blob(name, name.encode())
step("flat", lambda: names(one.list_blobs(results_per_page=3).by_page()))
step("prefix", lambda: [x.name for x in one.list_blobs(name_starts_with="x/")])
step("folders", lambda: [x.name for x in one.walk_blobs()])
step("a folder", lambda: [x.name for x in one.walk_blobs(name_starts_with="x/")])
step("with metadata", lambda: [[x.name, x.metadata or {}, x.size] for x in one.list_blobs(name_starts_with="dir", include=["metadata"])])

# Copies.
to = one.get_blob_client("copy")
step("copy", lambda: to.start_copy_from_url(l.url)["copy_status"])
step("get the copy", lambda: to.download_blob().readall())
step("head of the copy", lambda: [to.get_blob_properties().copy.status, to.get_blob_properties().copy.progress])
step("copy none", lambda: to.start_copy_from_url(one.get_blob_client("none").url))

# Signatures.
until = now + hour


def signed(permission, in_=one, **o):
    sas = blob.generate_container_sas(account, in_.container_name, account_key=key, permission=permission, expiry=until, **o)
    return client(in_.url + "?" + sas)


step("signed to read", lambda: signed("r").download_blob("z").readall())
step("signed to list", lambda: len(list(signed("l").list_blobs())))
step("signed to read, writes", lambda: signed("r").upload_blob("n", text))
step("signed to create", lambda: bool(signed("c").upload_blob("n", text)))
step("signed to create, replaces", lambda: signed("c").upload_blob("n", text, overwrite=True))
step("signed for later", lambda: signed("r", start=until).download_blob("z"))
step("signed with another key", lambda: client(one.url + "?" + blob.generate_container_sas(
    account, one.container_name, account_key=base64.b64encode(b"x" * 64).decode(), permission="r", expiry=until)).download_blob("z"))
step("signed for an account", lambda: client(one.url + "?" + blob.generate_account_sas(
    account, key, blob.ResourceTypes(object=True), blob.AccountSasPermissions(read=True), until)).download_blob("z").readall())
step("signed for objects, lists", lambda: list(client(one.url + "?" + blob.generate_account_sas(
    account, key, blob.ResourceTypes(object=True), blob.AccountSasPermissions(read=True, list=True), until)).list_blobs()))

# The end.
step("delete", lambda: one.delete_blob("z"))
step("delete again", lambda: one.delete_blob("z"))
for name in ("answers-a", "answers-b", "answers-c"):
    service.delete_container(name)
step("delete the container", one.delete_container)
step("delete no container", service.get_container_client("answers-none").delete_container)
