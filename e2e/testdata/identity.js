// Runs inside a container: a managed identity's token by JavaScript's library, with what the container was given alone.
const { DefaultAzureCredential, ManagedIdentityCredential } = require("@azure/identity");

async function main() {
  const { token } = await new ManagedIdentityCredential().getToken("https://management.azure.com/.default");
  const claims = JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
  console.log("identity", claims.oid, claims.aud);
  await new DefaultAzureCredential().getToken("https://vault.azure.net/.default");
}

main();
