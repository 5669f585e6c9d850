package azureemulator

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

const (
	controlPrefix = "/_emulator/"
	// maxControlBody is far more than all settings and a thousand faults.
	maxControlBody = 1 << 20
)

// controlError is the control API's answer to what is wrong.
type controlError struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Field and Reason are there for a bad value or an unknown field.
	Field  string `json:"field,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func writeError(w http.ResponseWriter, status int, e controlError) {
	writeJSON(w, status, map[string]controlError{"error": e})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	if body == nil {
		w.WriteHeader(status)
		return
	}
	data, err := json.Marshal(body)
	if err != nil {
		status, data = http.StatusInternalServerError, []byte(`{"error":{"code":"InternalServerError","message":"the answer cannot be written"}}`)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Content-Length", strconv.Itoa(len(data)))
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// controlCall answers one call; body is nil for calls without one.
type controlCall func(r *http.Request, body []byte) (status int, answer any, err error)

// controlAPI is the handler under /_emulator/.
func (s *Server) controlAPI() http.Handler {
	open := map[string]map[string]controlCall{
		"health": {http.MethodGet: s.health},
		"cloud":  {http.MethodGet: s.describeCloud},
	}
	locked := map[string]map[string]controlCall{
		"settings": {http.MethodGet: s.getSettings, http.MethodPatch: s.patchSettings},
		"faults":   {http.MethodGet: s.getFaults, http.MethodPost: s.postFaults, http.MethodDelete: s.deleteFaults},
		"requests": {http.MethodGet: s.getRequests},
		"events":   {http.MethodPost: s.postEvent},
		"reset":    {http.MethodPost: s.postReset},
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, there := r.Header["Origin"]; there {
			writeError(w, http.StatusForbidden, controlError{Code: "OriginRefused", Message: "Web pages may not speak to the control API."})
			return
		}
		name := strings.TrimPrefix(r.URL.Path, controlPrefix)
		calls, anonymous := open[name]
		if !anonymous {
			if !s.holdsToken(r) {
				w.Header().Set("WWW-Authenticate", "Bearer")
				writeError(w, http.StatusUnauthorized, controlError{Code: "Unauthorized", Message: "Send the header Authorization: Bearer with the control token (PACIFIC_EMULATOR_TOKEN)."})
				return
			}
			calls = locked[name]
		}
		s.answerControl(w, r, calls)
	})
}

func (s *Server) answerControl(w http.ResponseWriter, r *http.Request, calls map[string]controlCall) {
	if calls == nil {
		writeError(w, http.StatusNotFound, controlError{Code: "NotFound", Message: "The control API has no " + r.URL.Path + "."})
		return
	}
	call, ok := calls[r.Method]
	if !ok {
		methods := []string{}
		for method := range calls {
			methods = append(methods, method)
		}
		slices.Sort(methods)
		w.Header().Set("Allow", strings.Join(methods, ", "))
		writeError(w, http.StatusMethodNotAllowed, controlError{Code: "MethodNotAllowed", Message: r.URL.Path + " takes " + strings.Join(methods, ", ") + "."})
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBody))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		writeError(w, http.StatusRequestEntityTooLarge, controlError{Code: "RequestEntityTooLarge", Message: "The control API takes bodies of up to 1 MB."})
		return
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone
	}
	status, answer, err := call(r, body)
	if err != nil {
		s.controlFailure(w, err)
		return
	}
	writeJSON(w, status, answer)
}

// controlFailure answers with the status that an error deserves.
func (s *Server) controlFailure(w http.ResponseWriter, err error) {
	if bad, ok := errors.AsType[*faults.FieldError](err); ok {
		writeError(w, http.StatusBadRequest, controlError{Code: "InvalidValue", Message: bad.Error(), Field: bad.Field, Reason: bad.Reason})
		return
	}
	if refused, ok := errors.AsType[*arm.Error](err); ok && refused.Status != 0 {
		writeError(w, refused.Status, controlError{Code: refused.Code, Message: refused.Message, Field: refused.Target})
		return
	}
	s.log.Error("control API", "error", err)
	writeError(w, http.StatusInternalServerError, controlError{Code: "InternalServerError", Message: "The emulator's log says what went wrong."})
}

// holdsToken compares hashes, so that the time tells nothing of the token, its length included.
func (s *Server) holdsToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	got, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(s.controlToken))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(got[:], want[:]) == 1
}

func (s *Server) health(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, map[string]string{"status": "ok"}, nil
}

func (s *Server) describeCloud(r *http.Request, _ []byte) (int, any, error) {
	if !loopbackPeer(r) {
		return 0, nil, &arm.Error{Status: http.StatusForbidden, Code: "LoopbackOnly", Message: "Only programs on this machine may ask for the cloud."}
	}
	return http.StatusOK, s.Cloud(), nil
}

func (s *Server) getSettings(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, s.Settings(), nil
}

func (s *Server) patchSettings(_ *http.Request, body []byte) (int, any, error) {
	if err := s.PatchSettings(body); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.Settings(), nil
}

func (s *Server) getFaults(*http.Request, []byte) (int, any, error) {
	return http.StatusOK, map[string][]Fault{"faults": s.Faults()}, nil
}

func (s *Server) postFaults(_ *http.Request, body []byte) (int, any, error) {
	if err := s.AddFaults(body); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, map[string][]Fault{"faults": s.Faults()}, nil
}

func (s *Server) deleteFaults(*http.Request, []byte) (int, any, error) {
	s.ClearFaults()
	return http.StatusNoContent, nil, nil
}

func (s *Server) getRequests(r *http.Request, _ []byte) (int, any, error) {
	var after int64
	query := r.URL.Query()
	for name := range query {
		if name != "after" {
			return 0, nil, &faults.FieldError{Field: name, Reason: "is not known here; known is after"}
		}
	}
	if text := query.Get("after"); text != "" {
		var err error
		if after, err = strconv.ParseInt(text, 10, 64); err != nil || after < 0 {
			return 0, nil, &faults.FieldError{Field: "after", Reason: "must be the seq of a record, a whole number of 0 or more"}
		}
	}
	return http.StatusOK, map[string][]RequestRecord{"requests": s.Requests(after)}, nil
}

func (s *Server) postEvent(r *http.Request, body []byte) (int, any, error) {
	var event struct {
		Kind       string `json:"kind"`
		ResourceID string `json:"resourceId"`
	}
	if err := faults.Decode(body, &event); err != nil {
		return 0, nil, err
	}
	// The event goes on when the caller does not wait for it.
	if err := s.Event(context.WithoutCancel(r.Context()), event.Kind, event.ResourceID); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, nil
}

func (s *Server) postReset(r *http.Request, _ []byte) (int, any, error) {
	s.Reset(context.WithoutCancel(r.Context()))
	return http.StatusNoContent, nil, nil
}
