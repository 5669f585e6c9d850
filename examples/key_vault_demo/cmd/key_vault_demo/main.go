// Key_vault_demo runs the flow "Key Vault Demo": the flow run that its environment names, or one by hand.
package main

import (
	"github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/flow"
)

func main() { flow.Main(keyvaultdemo.Flow) }
