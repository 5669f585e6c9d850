package graph

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

// maxFederated is how many federated credentials an application may have
// (learn.microsoft.com/entra/workload-id/workload-identity-federation-considerations).
const maxFederated = 20

// federatedContext names federated credentials in the context of an answer.
const federatedContext = "applications/federatedIdentityCredentials"

// federatedBody is a federated credential as clients write it.
type federatedBody struct {
	Name        string   `json:"name"`
	Issuer      string   `json:"issuer"`
	Subject     string   `json:"subject"`
	Description *string  `json:"description"`
	Audiences   []string `json:"audiences"`
}

func (s *service) listFederated(c *call) (reply, error) {
	a, err := s.application(c)
	if err != nil {
		return reply{}, err
	}
	all := slices.Clone(a.Federated)
	slices.SortFunc(all, func(x, y object) int { return strings.Compare(x["id"].(string), y["id"].(string)) })
	return c.page(all, federatedContext)
}

func (s *service) createFederated(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	var b federatedBody
	for _, field := range []struct {
		name string
		to   any
	}{{"name", &b.Name}, {"issuer", &b.Issuer}, {"subject", &b.Subject}, {"description", &b.Description}, {"audiences", &b.Audiences}} {
		if value, ok := body[field.name]; ok {
			if err := value.into(field.name, field.to); err != nil {
				return reply{}, err
			}
		}
	}
	if b.Name == "" || b.Issuer == "" || b.Subject == "" || len(b.Audiences) != 1 {
		return reply{}, badRequest("A federated identity credential needs 'name', 'issuer', 'subject' and one of 'audiences'.")
	}
	a, err := s.application(c)
	if err != nil {
		return reply{}, err
	}
	made := object{
		"id": uuid.NewString(), "name": b.Name, "issuer": b.Issuer, "subject": b.Subject, "description": nil, "audiences": b.Audiences,
	}
	if b.Description != nil {
		made["description"] = *b.Description
	}
	_, err = s.directory.Change(a.ID, func(a *directory.Application) error {
		switch {
		case len(a.Federated) >= maxFederated:
			return badRequest("The application already has %d federated identity credentials.", maxFederated)
		case slices.ContainsFunc(a.Federated, func(o object) bool { return o["name"] == b.Name }):
			return refuse(http.StatusConflict, "Request_MultipleObjectsWithSameKeyValue", "FederatedIdentityCredential with name %s already exists.", b.Name)
		}
		a.Federated = append(slices.Clip(a.Federated), made)
		return nil
	})
	return c.single(http.StatusCreated, made, federatedContext), err
}
