package deployments

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// Every part of an error is cleaned, and its form stays.
func TestMasked(t *testing.T) {
	s := newSecrets(t.Context())
	for _, value := range []string{"one-secret", "one-secret-more", `quo"ted`, "123456", "no"} {
		s.Add(value)
	}
	e := arm.Conflict("Code", "one-secret, one-secret-more and no")
	e.Target = "/x/one-secret"
	e.Details = []*arm.Error{{Code: "Inner", Message: `["quo\"ted"] is not quo"ted`, Target: "123456"}}
	e.AdditionalInfo = []arm.ErrorInfo{{Type: "T", Info: map[string]any{"one-secret": []any{"a one-secret", 123456, 1234567, 12345678901234567}}}, {Type: "V", Info: violation{2, 3, "one-secret"}}}
	got, err := json.Marshal(s.masked(e))
	const want = `{"code":"Code","message":"***, *** and no","target":"/x/***","details":[{"code":"Inner","message":"[\"***\"] is not ***","target":"***"}],` +
		`"additionalInfo":[{"type":"T","info":{"***":["a ***","***",1234567,12345678901234567]}},{"type":"V","info":{"lineNumber":2,"linePosition":3,"path":"***"}}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s, want\n%s", err, got, want)
	}
	if e.Target != "/x/one-secret" || !strings.Contains(e.Message, "one-secret") {
		t.Errorf("the error itself was changed: %+v", e)
	}
}
