package azcli

import (
	"slices"
	"strings"
)

// secretOptions are the options of az 2.91 whose value is a secret, whatever the command.
var secretOptions = strings.Fields(`
	--aad-client-secret --aad-server-app-secret --access-key --account-key --admin-password --administrator-login-password
	--ai-api-key --alt-symmetric-token-keys --app-insights-api-key --app-secret --auth-token --authorization-key
	--azure-file-account-key --azure-file-volume-account-key --backup-pwd --base64-key --bootstrap-acc-pwd --cert-password
	--certificate-password --client-secret --cluster-admin-password --connection-string --consumer-secret
	--container-registry-password --content-keys --custom-domain-certificate-password --dapr-connection-string
	--data-source-sas-token --db-connection-string --deployment-storage-auth-value --dest-connection-string
	--docker-registry-server-password --encrypted-password --facebook-app-secret --fair-play-pfx-password --federated-token
	--fileupload-storage-connectionstring --gh-token --git-access-token --git-token --google-client-secret --http-password
	--initial-cassandra-admin-password --kafka-secret --log-analytics-workspace-key --login-password --logs-workspace-key
	--microsoft-account-client-secret --operator-acc-pwd --password --passwords --pem-password --primary-key --pull-secret
	--query-string --radius-secret --registry-password --run-as-password --sa-key --sas-token --sas-url-secret --schema-secret
	--secondary-key --secret --secrets --secure-environment-variables --service-acc-pwd --service-principal-client-secret
	--set-secret --shared-key --source-account-key --source-connection-string --source-sas --sp-secret
	--sql-admin-login-password --sql-auth-update-pwd --src-connection-string --ssh-password --storage-account-key
	--storage-container-SAS-token --storage-key --storage-sas --token --twitter-consumer-secret --verification-token
	--vm-password --windows-admin-password`)

// shorterOptions are options of their own that a secret one begins with. Those that are an abbreviation of it in some other
// command, such as --client, are left out.
var shorterOptions = strings.Fields(`
	--aad --account --ap --app-insights --cert --certificate --cluster --container --content --custom --custom-domain --data
	--data-source --dest --fa --fair-play-pfx --file --log-analytics-workspace --logs --mi --query --registry --sc --schema
	--service-principal --set --source --source-account --sp --src --storage --storage-account --vm`)

// secretIn are options whose value is a secret in the commands that begin so, and elsewhere something else.
var secretIn = map[string][]string{
	"-p": {
		"login", "acr artifact-streaming", "acr helm", "acr import", "acr login", "acr manifest", "acr repository", "acr task credential",
		"ad app create", "ad app update", "batchai cluster create", "batchai cluster node", "batchai file-server", "batchai job node",
		"bot email", "containerapp env certificate upload", "containerapp ssl upload", "functionapp config container", "hdinsight",
		"mariadb", "mysql", "postgres", "sql db", "sql mi", "sql server", "sql vm add-to-group", "synapse workspace", "vm user",
		"webapp config container",
	},
	"-P":      {"hdinsight"},
	"-b":      {"sql vm add-to-group"},
	"-d":      {"functionapp deployment slot create"},
	"-i":      {"managed-cassandra cluster create"},
	"-k":      {"webapp config storage-account"},
	"-q":      {"deployment", "stack", "stack-whatif"},
	"-s":      {"sql vm add-to-group"},
	"-t":      {"keyvault backup", "keyvault key restore", "keyvault restore"},
	"-w":      {"functionapp create", "logicapp create", "webapp create", "webapp deployment slot create"},
	"--key":   {"bot kik", "cosmosdb collection", "cosmosdb database"},
	"--value": {"apim nv", "keyvault secret set", "lab secret set", "network vpn-connection shared-key"},
}

// secretOption reports whether an option's value is a secret in the command argv. az takes a long option by its beginning
// too, where no other of the command begins so; what another one is known to be is not taken for an abbreviation.
func secretOption(argv []string, option string) bool {
	if len(option) < 2 || option[0] != '-' || option == "--" {
		return false
	}
	if isLong(option) {
		if slices.Contains(shorterOptions, option) || option == "--connection" && slices.Contains(argv, "connection") {
			return false
		}
		if slices.ContainsFunc(secretOptions, func(one string) bool { return strings.HasPrefix(one, option) }) {
			return true
		}
	}
	line := strings.ToLower(strings.Join(argv, " ")) // az reads commands in any case
	for one, commands := range secretIn {
		if one != option && !(isLong(one) && isLong(option) && strings.HasPrefix(one, option)) {
			continue
		}
		if slices.ContainsFunc(commands, func(c string) bool { return line == c || strings.HasPrefix(line, c+" ") }) {
			return true
		}
	}
	return false
}

func isLong(option string) bool { return strings.HasPrefix(option, "--") }

// eachSecret calls f for each value of a secret option: argv[i][from:]. An option may have several values, which end at the
// next option.
func eachSecret(argv []string, f func(i, from int)) {
	secret := false
	for i, arg := range argv {
		option, _, joined := strings.Cut(arg, "=")
		switch {
		case !isOption(arg) && secret:
			f(i, 0)
		case joined && secretOption(argv, option): // --password=VALUE; what follows is another of its values
			f(i, len(option)+1)
			secret = true
		case len(arg) > 2 && arg[0] == '-' && !isLong(arg) && secretOption(argv, arg[:2]): // -pVALUE
			f(i, 2)
			secret = true
		default:
			secret = secretOption(argv, arg)
		}
	}
}

// isOption reports whether an argument is read as an option where a value is due: Python's argparse takes -5, and what has
// a blank in it, for a value.
func isOption(arg string) bool {
	if isLong(arg) {
		return !strings.Contains(arg, " ")
	}
	return len(arg) == 2 && arg[0] == '-' && (arg[1] < '0' || arg[1] > '9')
}
