package entra

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// problem is an answer of refusal in Entra's shape. Clients print the description,
// and tell causes apart by the numbers in error_codes.
type problem struct {
	status int
	// code is the AADSTS number, oauth the word of the OAuth standard.
	code        int
	oauth       string
	description string
}

// aadsts makes a problem from the code as it stands in messages, "AADSTS7000215".
// It is a string so that the evidence test finds each one in the source.
func aadsts(status int, code, oauth, format string, args ...any) *problem {
	number, err := strconv.Atoi(strings.TrimPrefix(code, "AADSTS"))
	if err != nil {
		panic("code " + code + " is not AADSTS and a number")
	}
	return &problem{status: status, code: number, oauth: oauth, description: fmt.Sprintf(format, args...)}
}

// problemBody is the JSON of a problem.
type problemBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
	URI           string `json:"error_uri"`
}

func (p *problem) write(w http.ResponseWriter, r *http.Request) {
	trace := w.Header().Get("X-Ms-Request-Id")
	correlation := r.Header.Get("client-request-id")
	if uuid.Validate(correlation) != nil {
		correlation = uuid.NewString()
	}
	now := time.Now().UTC().Format("2006-01-02 15:04:05Z")
	writeJSON(w, p.status, problemBody{
		Error: p.oauth,
		Description: fmt.Sprintf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			p.code, p.description, trace, correlation, now),
		Codes:         []int{p.code},
		Timestamp:     now,
		TraceID:       trace,
		CorrelationID: correlation,
		URI:           fmt.Sprintf("https://%s/error?code=%d", r.Host, p.code),
	})
}

// quote shortens what a client sent before it is repeated in a message.
func quote(s string) string {
	const most = 128
	if len(s) > most {
		s = s[:most] + "…"
	}
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f {
			return '?'
		}
		return c
	}, strings.ToValidUTF8(s, "?"))
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Cache-Control", "no-store, no-cache")
	h.Set("Pragma", "no-cache")
	w.WriteHeader(status)
	// The client may have gone; there is nobody left to tell.
	_ = json.NewEncoder(w).Encode(body)
}
