package keyvaultdemo

import "embed"

// Python is the same flow in Python, in the folder python, and storage.json, an ARM template of a storage account for its code.
//
//go:embed python/flow.py python/requirements.txt storage.json
var Python embed.FS
