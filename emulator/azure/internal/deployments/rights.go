package deployments

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// rights refuses a template with resources that the caller may not make, as far as their names are known before the
// deployment. A PUT asks for each right when the resource's turn comes.
func (s *service) rights(r *arm.Request, p *plan) error {
	var refused []*arm.Error
	var words []string
	for _, res := range p.all {
		id, err := arm.ParseResourceID(res.ID)
		if err != nil || strings.Contains(res.ID, "[") {
			continue
		}
		action := res.Type + "/write"
		var e *arm.Error
		if !errors.As(s.core.Allowed(r.Context(), arm.Access{Principal: r.Principal, Action: action, Scope: id}), &e) {
			continue
		}
		detail := *e
		detail.Target, detail.Header, detail.Status = res.ID, nil, 0
		refused = append(refused, &detail)
		words = append(words, fmt.Sprintf("Authorization failed for template resource '%s' of type '%s'. The client '%s' with object id '%s' does not have permission to perform action '%s' at scope '%s'.",
			id.Name(), res.Type, r.Principal.AppID, r.Principal.ObjectID, action, res.ID))
	}
	if len(refused) == 0 {
		return nil
	}
	format := "The template deployment failed with error: '%s'."
	if len(words) > 1 {
		format = "Deployment failed with multiple errors: '%s'"
	}
	all := arm.BadRequest("InvalidTemplateDeployment", format, strings.Join(words, ":"))
	all.Details = refused
	return p.secrets.masked(all)
}
