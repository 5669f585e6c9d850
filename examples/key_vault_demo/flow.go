// Package keyvaultdemo is a flow that reads a secret from a key vault with the identity that its container has.
//
// It is a sample to start from: the flow is in this file, the reading in vault.go, and the program in cmd/key_vault_demo.
package keyvaultdemo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pacific-aci/pacific/flow"
	"github.com/pacific-aci/pacific/prefect"
)

// Params are the flow's parameters.
type Params struct {
	// Vault is the vault's URL; empty: the text of Block.
	Vault string `json:"vault,omitempty" doc:"URL of the key vault; empty: the one in the String block"`
	// Block is the name of a String block on the server.
	Block string `json:"block" default:"kv-url" doc:"name of the String block with the URL of the key vault"`
	// Secret is the name of the secret.
	Secret string `json:"secret" default:"testsecret" doc:"name of the secret to read"`
	// Identity is the resource id of a managed identity; empty: the only one, or that of AZURE_CLIENT_ID.
	Identity string `json:"identity,omitempty" doc:"resource id of the managed identity to sign in as, where the container has several"`
}

// Result says what was read. The secret itself is not in it.
type Result struct {
	Vault  string `json:"vault"`
	Secret string `json:"secret"`
	// Version is the vault's id of the secret's newest version.
	Version string `json:"version"`
}

// Flow is the flow. It fails if the identity may not read the secret.
var Flow = flow.New("Key Vault Demo", func(ctx context.Context, p Params) (Result, error) {
	if p.Vault == "" {
		vault, err := flow.Task(ctx, "find key vault", vaultOf, p.Block)
		if err != nil {
			return Result{}, err
		}
		p.Vault = vault
	}
	return flow.Task(ctx, "read secret", read, p)
})

// vaultOf reads the vault's URL from a String block.
func vaultOf(ctx context.Context, block string) (string, error) {
	client := flow.Client(ctx)
	if client == nil {
		return "", errors.New("there is no Prefect server to ask for the key vault: set PREFECT_API_URL, or give vault=URL")
	}
	document, err := client.BlockDocumentByName(ctx, "string", block, prefect.MaskSecrets)
	if err != nil {
		return "", err
	}
	vault, _ := document.Data["value"].(string)
	if vault == "" {
		return "", fmt.Errorf("the block string/%s has no text", block)
	}
	slog.InfoContext(ctx, "found the key vault", "block", block, "vault", vault)
	return vault, nil
}

// read reads the secret, and drops its value. What a flow logs, all who may open the server can read.
func read(ctx context.Context, p Params) (Result, error) {
	value, version, err := readSecret(ctx, p)
	if err != nil {
		return Result{}, err
	}
	if value == "" {
		return Result{}, fmt.Errorf("the secret %s of %s is empty", p.Secret, p.Vault)
	}
	slog.InfoContext(ctx, "read the secret", "name", p.Secret, "version", version)
	return Result{Vault: p.Vault, Secret: p.Secret, Version: version}, nil
}
