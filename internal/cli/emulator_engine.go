package cli

import (
	"fmt"

	emulator "github.com/pacific-aci/pacific/emulator/azure"
)

// chooseEngine makes the engine that --engine names.
func (a *app) chooseEngine(f emulatorFlags, o *emulator.StartOptions) error {
	if f.network != "" && f.engine != "docker" {
		return &usageError{"--engine-network is for --engine docker alone", "leave it out, or add --engine docker"}
	}
	switch f.engine {
	case "process":
		o.Engine = emulator.Process(emulator.ProcessOptions{LookupEnv: a.world.LookupEnv})
	case "simulate":
		o.Engine = emulator.Simulate()
	default:
		return &usageError{fmt.Sprintf("--engine is %q: it must be process, docker or simulate", f.engine), ""}
	}
	return nil
}
