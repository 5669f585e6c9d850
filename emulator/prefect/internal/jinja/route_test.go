package jinja_test

import (
	"sync"
	"testing"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/apitest"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/jinja"
)

func TestValidateRoute(t *testing.T) {
	r := api.NewRouter(api.Options{Lock: &sync.Mutex{}})
	jinja.Register(r)
	c := apitest.New(t, r)
	for _, route := range []string{"POST /templates/validate", "POST /automations/templates/validate"} {
		for _, taken := range []string{``, `null`, `""`, `"{{ flow_run.name }}"`} {
			c.Want(204, route, taken)
		}
		c.Want(422, route, `"a\n{{ x"`).Is(`{"line":2,"message":"unexpected end of template, expected 'end of print statement'.","source":"a\n{{ x"}`, "error")
		for _, no := range []string{`5`, `{}`, `{"template":"x"}`} {
			c.Want(422, route, no).Is(`"string_type"`, "exception_detail", 0, "type")
		}
	}
}
