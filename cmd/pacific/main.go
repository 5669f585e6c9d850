// Command pacific runs container jobs on Azure Container Instances.
package main

import (
	"context"
	"os"

	"github.com/pacific-aci/pacific/internal/cli"
)

func main() {
	env := cli.Env{Signals: cli.Signals()}
	if stdoutClosed != 0 {
		env.Stdout = closedStdout{}
	}
	os.Exit(cli.Main(context.Background(), env))
}
