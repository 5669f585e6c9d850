// Azure's SDK for JavaScript with its ordinary environment credential and nothing else set: a container's whole life, a
// secret, and a blob, each from an empty subscription.
const assert = require("node:assert/strict");
const { setTimeout: sleep } = require("node:timers/promises");
const { HttpsProxyAgent } = require("https-proxy-agent");
const WebSocket = require("ws");
const { ClientSecretCredential, DefaultAzureCredential } = require("@azure/identity");
const { ContainerInstanceManagementClient } = require("@azure/arm-containerinstance");
const { ResourceManagementClient } = require("@azure/arm-resources");
const { SecretClient } = require("@azure/keyvault-secrets");
const { BlobServiceClient } = require("@azure/storage-blob");

const subscription = process.env.AZURE_SUBSCRIPTION_ID;
const tenant = process.env.AZURE_TENANT_ID;
const credential = new DefaultAzureCredential();
const resources = new ResourceManagementClient(credential, subscription);
const containers = new ContainerInstanceManagementClient(credential, subscription);
const location = "westeurope";
const group = "js";
const groupID = `/subscriptions/${subscription}/resourceGroups/${group}`;

// until calls what until it gives something true, for at most a minute.
async function until(what, check) {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const got = await check();
    if (got) return got;
    assert(Date.now() < deadline, `${what}: not within a minute`);
    await sleep(100);
  }
}

// settled repeats a change that a group on its way between two states refuses, as the real service does.
const settled = (what, change) =>
  until(what, async () => {
    try {
      return (await change()) ?? true;
    } catch (e) {
      assert.equal(e.code, "ContainerGroupTransitioning", e);
    }
  });

// connect opens the web socket of an exec or an attach: begun resolves at its first message, ended at its end with all text.
function connect({ webSocketUri, password }, { inHeader }) {
  const socket = new WebSocket(webSocketUri, {
    agent: new HttpsProxyAgent(process.env.HTTPS_PROXY),
    headers: inHeader ? { Authorization: password } : {},
  });
  let text = "";
  const begun = new Promise((resolve, reject) => {
    socket.on("open", () => inHeader || socket.send(password));
    socket.on("message", (data) => resolve((text += data)));
    socket.on("error", reject);
  });
  const ended = new Promise((resolve) => socket.on("close", () => resolve(text)));
  return { begun, ended };
}

async function runsContainers() {
  const definition = {
    location,
    osType: "Linux",
    restartPolicy: "Never",
    containers: [
      {
        name: "main",
        image: process.argv[2],
        command: ["sh", "-c", "echo hello from $WHO; while sleep 0.1; do echo still here; done"],
        environmentVariables: [{ name: "WHO", secureValue: "javascript" }],
        resources: { requests: { cpu: 1, memoryInGB: 1 } },
      },
    ],
  };
  const poller = await containers.containerGroups.beginCreateOrUpdate(group, "job", definition);
  // What was begun is taken up again from its text, as a program that was started anew does.
  const resumed = await containers.containerGroups.beginCreateOrUpdate(group, "job", definition, {
    resumeFrom: poller.toString(),
  });
  const made = await resumed.pollUntilDone();
  assert.equal(made.provisioningState, "Succeeded");
  assert.equal(made.containers[0].environmentVariables[0].secureValue, undefined);
  const shown = await containers.containerGroups.get(group, "job");
  assert.equal(shown.instanceView.state, "Running");
  assert(shown.containers[0].instanceView.currentState.startTime instanceof Date);
  const names = [];
  for await (const one of containers.containerGroups.list()) names.push(one.name);
  assert.deepEqual(names, ["job"]);

  await until("the log", async () => {
    const { content } = await containers.containers.listLogs(group, "job", "main", { tail: 100, timestamps: true });
    return content?.includes("hello from javascript");
  });
  const request = { command: "echo inside", terminalSize: { rows: 24, cols: 80 } };
  const executed = await containers.containers.executeCommand(group, "job", "main", request);
  assert.match(await connect(executed, { inHeader: false }).ended, /inside/);

  const attached = connect(await containers.containers.attach(group, "job", "main"), { inHeader: true });
  assert.match(await attached.begun, /still here/);
  await settled("stop", () => containers.containerGroups.stop(group, "job"));
  await attached.ended;
  await settled("start", () => containers.containerGroups.beginStartAndWait(group, "job"));
  await settled("restart", () => containers.containerGroups.beginRestartAndWait(group, "job"));
  const usages = {};
  for await (const usage of containers.location.listUsage(location)) usages[usage.name.value] = usage.currentValue;
  assert.equal(usages.ContainerGroups, 1);
  await containers.containerGroups.update(group, "job", { tags: { a: "b" } });
  assert.deepEqual((await containers.containerGroups.get(group, "job")).tags, { a: "b" });
  await settled("delete", () => containers.containerGroups.beginDeleteAndWait(group, "job"));
  await assert.rejects(containers.containerGroups.get(group, "job"), { code: "ResourceNotFound", statusCode: 404 });
  await assert.rejects(
    containers.containerGroups.beginCreateOrUpdateAndWait(group, "job", { ...definition, location: "moon" }),
    { code: "LocationNotAvailableForResourceType" },
  );
}

// grants gives this program's own service principal a role on a resource.
async function grants(scope, name, role) {
  const { token } = await credential.getToken("https://management.azure.com/.default");
  const principalId = JSON.parse(Buffer.from(token.split(".")[1], "base64url")).oid;
  await resources.resources.createOrUpdateById(
    `${scope}/providers/Microsoft.Authorization/roleAssignments/${name}`, "2022-04-01",
    {
      properties: {
        principalId,
        principalType: "ServicePrincipal",
        roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/${role}`,
      },
    },
  );
}

async function keepsSecrets() {
  const vault = `${groupID}/providers/Microsoft.KeyVault/vaults/jsvault`;
  const made = await resources.resources.createOrUpdateById(vault, "2023-07-01", {
    location,
    properties: { tenantId: tenant, sku: { family: "A", name: "standard" }, enableRbacAuthorization: true },
  });
  const secrets = new SecretClient(made.properties.vaultUri, credential);
  await assert.rejects(secrets.setSecret("pass", "one"), { statusCode: 403 });
  await grants(vault, "b3d6a1b0-7c0f-4f53-9f0e-1d2c3b4a5e6f", "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"); // Key Vault Secrets Officer
  const first = await secrets.setSecret("pass", "one", { tags: { a: "b" } });
  await secrets.setSecret("pass", "two", { contentType: "text/plain" });
  assert.equal((await secrets.getSecret("pass")).value, "two");
  assert.equal((await secrets.getSecret("pass", { version: first.properties.version })).value, "one");
  const versions = [];
  for await (const properties of secrets.listPropertiesOfSecretVersions("pass")) versions.push(properties.version);
  assert.equal(versions.length, 2);
  const deletion = await secrets.beginDeleteSecret("pass", { intervalInMs: 100 });
  await deletion.pollUntilDone();
  await assert.rejects(secrets.getSecret("pass"), { statusCode: 404 });
  const recovery = await secrets.beginRecoverDeletedSecret("pass", { intervalInMs: 100 });
  await recovery.pollUntilDone();
  assert.equal((await secrets.getSecret("pass")).value, "two");
}

async function keepsBlobs() {
  const account = `${groupID}/providers/Microsoft.Storage/storageAccounts/jsaccount`;
  const made = await resources.resources.createOrUpdateById(account, "2023-05-01", {
    location,
    kind: "StorageV2",
    sku: { name: "Standard_LRS" },
    properties: {},
  });
  const service = new BlobServiceClient(made.properties.primaryEndpoints.blob, credential);
  const container = service.getContainerClient("flows");
  await grants(account, "c4e7b2c1-8d10-4064-a01f-2e3d4c5b6f70", "ba92f5b4-2d11-453d-a403-e96b0029c9fe"); // Storage Blob Data Contributor
  await container.create();
  await assert.rejects(container.create(), { code: "ContainerAlreadyExists", statusCode: 409 });
  const small = container.getBlockBlobClient("a/small.txt");
  await small.upload("text", 4, { metadata: { by: "javascript" }, blobHTTPHeaders: { blobContentType: "text/plain" } });
  assert.equal(String(await small.downloadToBuffer()), "text");
  const large = Buffer.alloc(3 << 20, "large");
  const blocks = container.getBlockBlobClient("a/large");
  await blocks.uploadData(large, { blockSize: 1 << 20, maxSingleShotSize: 1 << 20, metadata: { by: "blocks" } });
  assert((await blocks.downloadToBuffer()).equals(large));
  assert.equal((await blocks.getBlockList("committed")).committedBlocks.length, 3);
  const found = [];
  for await (const blob of container.listBlobsFlat({ prefix: "a/", includeMetadata: true })) found.push([blob.name, blob.metadata]);
  assert.deepEqual(found, [["a/large", { by: "blocks" }], ["a/small.txt", { by: "javascript" }]]);
  await container.delete();
  assert.equal(await container.exists(), false);
}

async function main() {
  await resources.resourceGroups.createOrUpdate(group, { location });
  await runsContainers();
  await keepsSecrets();
  await keepsBlobs();
  const wrong = new ClientSecretCredential(tenant, process.env.AZURE_CLIENT_ID, "wrong");
  await assert.rejects(wrong.getToken("https://management.azure.com/.default"), /AADSTS7000215/);
  await resources.resourceGroups.delete(group);
  assert.equal((await resources.resourceGroups.checkExistence(group)).body, false);
  console.log("javascript sdk: ok");
}

main();
