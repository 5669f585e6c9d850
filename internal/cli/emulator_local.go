package cli

import (
	"errors"

	"github.com/pacific-aci/pacific/emulator/azure"
	"github.com/pacific-aci/pacific/emulator/prefect"
)

// localEmulator is the local Azure, with a Prefect API beside it where the flags ask for one.
type localEmulator struct {
	azure   *azureemulator.Local
	prefect *prefectemulator.Local
}

// Environment is what a program needs to take them for the real ones.
func (l *localEmulator) Environment() []azureemulator.Variable {
	variables := l.azure.Environment()
	if l.prefect != nil {
		variables = append(variables, azureemulator.Variable{Name: "PREFECT_API_URL", Value: l.prefect.URL()})
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
