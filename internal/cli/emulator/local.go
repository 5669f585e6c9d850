package emulator

import (
	"errors"

	azureemulator "github.com/pacific-aci/pacific/emulator/azure"
	prefectemulator "github.com/pacific-aci/pacific/emulator/prefect"
)

// local is the local Azure, with a Prefect API beside it where the flags ask for one.
type local struct {
	azure   *azureemulator.Local
	prefect *prefectemulator.Local
}

// Environment is what a program needs to take them for the real ones.
func (l *local) Environment() []azureemulator.Variable {
	variables := l.azure.Environment()
	if l.prefect != nil {
		variables = append(variables, azureemulator.Variable{Name: "PREFECT_API_URL", Value: l.prefect.URL()})
	}
	return variables
}

// Close ends both. Idempotent.
func (l *local) Close() error {
	var failed []error
	if l.prefect != nil {
		failed = append(failed, l.prefect.Close())
	}
	return errors.Join(append(failed, l.azure.Close())...)
}
