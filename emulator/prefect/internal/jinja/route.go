package jinja

import (
	"net/http"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// Register adds the routes that check templates: that of the server's user interface is an older one.
func Register(r *api.Router) {
	r.Handle("POST /templates/validate", validate)
	r.Handle("POST /automations/templates/validate", validate)
}

// body is a template as a JSON string. Without one it is empty.
type body string

// ReadValue reads it.
func (b *body) ReadValue(value any, loc []any) []api.Detail {
	text, ok := value.(string)
	if !ok {
		return []api.Detail{{Type: "string_type", Loc: loc, Message: "Input should be a valid string", Input: value}}
	}
	*b = body(text)
	return nil
}

func validate(r *api.Request) (api.Reply, error) {
	var template body
	if r.HasBody() {
		if err := r.Decode(&template); err != nil {
			return api.Reply{}, err
		}
	}
	refused := Validate(string(template))
	if refused == nil {
		return api.NoContent()
	}
	return api.Reply{}, &api.Error{Status: http.StatusUnprocessableEntity, Body: map[string]any{
		"error": map[string]any{"line": refused.Line, "message": refused.Message, "source": template},
	}}
}
