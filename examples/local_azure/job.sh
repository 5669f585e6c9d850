#!/bin/sh
# The real az in a script. Run it with: pacific emulator run -- sh job.sh
set -eu
az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID" --output none
az group create --name jobs --location westeurope --output none
az container create --resource-group jobs --name job --image alpine --os-type Linux --cpu 1 --memory 1 --restart-policy Never \
	--command-line "echo hello" --output none
az container attach --resource-group jobs --name job >/dev/null 2>&1 # ends with the container
az container logs --resource-group jobs --name job
# A bad day, by the control API: the next create finds no capacity.
curl -fsS -o /dev/null -H "Authorization: Bearer $PACIFIC_EMULATOR_TOKEN" "$PACIFIC_EMULATOR_URL/_emulator/faults" -d '
	{"match": {"operation": "ContainerGroups_CreateOrUpdate"}, "times": 1,
	 "effect": {"status": 409, "code": "ServiceUnavailable", "message": "no capacity in westeurope"}}'
if az container create --resource-group jobs --name second --image alpine --os-type Linux --cpu 1 --memory 1 --output none 2>/dev/null; then
	echo "the fault did not happen" >&2
	exit 1
fi
echo "refused, as asked"
