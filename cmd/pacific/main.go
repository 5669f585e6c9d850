// Command pacific runs container jobs on Azure Container Instances.
package main

import (
	"context"
	"os"
	"runtime/debug"

	"github.com/pacific-aci/pacific/internal/cli"
)

func main() {
	cli.UseTempFolder()
	os.Exit(cli.Main(context.Background(), cli.Env{Signals: cli.Signals(), SetGCPercent: debug.SetGCPercent, ReleasePages: cli.ReleasePages}))
}
