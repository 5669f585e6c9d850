package cli

import (
	"errors"
	"fmt"
	"net"

	emulator "github.com/pacific-aci/pacific/emulator/azure"
	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
)

// localEmulator is the local Azure, with a Prefect API beside it where the flags ask for one.
type localEmulator struct {
	azure   *emulator.Local
	prefect *prefectemulator.Local
}

// Environment is what a program needs to take them for the real ones.
func (l *localEmulator) Environment() []emulator.Variable {
	variables := l.azure.Environment()
	if l.prefect != nil {
		variables = append(variables, emulator.Variable{Name: "PREFECT_API_URL", Value: l.prefect.URL()})
	}
	return variables
}

// Close ends both. Idempotent.
func (l *localEmulator) Close() error {
	var failed []error
	if l.prefect != nil {
		failed = append(failed, l.prefect.Close())
	}
	return errors.Join(append(failed, l.azure.Close())...)
}

// startPrefectError puts a Prefect API that does not start into words.
func startPrefectError(f emulatorFlags, err error) error {
	if socket, ok := errors.AsType[*net.OpError](err); ok && socket.Op == "listen" {
		return withHint(fmt.Errorf("starting the Prefect API: listening on %s: %v", f.prefectListen, socket.Err),
			"if a Prefect server runs there, --prefect-listen 127.0.0.1:0 picks a free port")
	}
	return fmt.Errorf("starting the Prefect API: %w", err)
}
