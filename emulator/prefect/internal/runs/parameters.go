package runs

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
)

// runParameters are a run's or a deployment's.
type runParameters struct{ api.Object }

// maxParameters is the most bytes of them as JSON: PREFECT_SERVER_API_MAX_PARAMETER_SIZE.
const maxParameters = 512 << 10

// Check refuses more.
func (p runParameters) Check() string {
	if size := len(p.JSON()); size > maxParameters {
		return fmt.Sprintf("Flow run parameters must be less than %s bytes when serialized (got %s bytes).", thousands(maxParameters), thousands(size))
	}
	return ""
}

// thousands writes 524288 as 524,288.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// filledIn gives parameters with what a client left to the server filled in; what is before the reason for a refusal.
func (x *handlers) filledIn(values map[string]any, what string) (map[string]any, error) {
	made, err := parameters.Fill(values, x.db)
	if reason, ok := errors.AsType[parameters.FillError](err); ok {
		return nil, api.Problem(http.StatusBadRequest, what+string(reason))
	}
	if err != nil {
		return nil, api.Failure()
	}
	return made, nil
}
