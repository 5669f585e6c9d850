package blob

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// signature is a verified shared access signature (SAS).
type signature struct {
	// permissions are letters such as rw.
	permissions string
	// levels are the letters of what an account's signature is about; empty for one of a container or a blob.
	levels string
	// blob says that it is about one blob, and not all of a container.
	blob bool
	// headers are those that it lays over the headers of a blob that is read.
	headers map[string]string
	// principal is who asked for the user delegation key that signed it; nil for an account key.
	principal *arm.Principal
}

// The versions of the service that changed what is signed
// (learn.microsoft.com/rest/api/storageservices/create-service-sas and create-user-delegation-sas).
const (
	oldestSAS         = "2015-04-05"
	withResource      = "2018-11-09"
	withAgents        = "2020-02-10"
	withScope         = "2020-12-06"
	withDelegatedUser = "2025-07-05"
	withRequest       = "2026-04-06"
)

// unheeded are parameters of signatures that narrow them in ways that the emulator does not have.
var unheeded = []string{"si", "sip", "ses", "sdd", "saoid", "suoid", "sduoid", "skdutid", "srh", "srq"}

// verify verifies the signature of a query for a place.
func (s *Service) verify(q url.Values, where place) (*signature, *problem) {
	for _, name := range unheeded {
		if q.Get(name) != "" {
			return nil, notYet("signatures with the parameter " + name)
		}
	}
	for _, values := range q {
		if strings.ContainsAny(values[0], "\r\n") { // with line ends in them values could change places in what is signed
			return nil, notAuthenticated().because("A parameter of the signature has a line end.")
		}
	}
	version := q.Get("sv")
	if _, err := time.Parse(time.DateOnly, version); err != nil || version < oldestSAS {
		return nil, notYet("signatures of the version '" + version + "'")
	}
	sig := &signature{permissions: q.Get("sp")}
	var text string
	keys := where.account.Keys
	switch {
	case q.Has("ss") || q.Has("srt"):
		sig.levels = q.Get("srt")
		text = accountText(q, where.account.ID.Name())
	case q.Has("skoid"):
		key, p := s.delegatedKey(where.account, q)
		if p != nil {
			return nil, p
		}
		keys = [2]string{key, key}
		sig.principal = &arm.Principal{ObjectID: q.Get("skoid"), TenantID: q.Get("sktid")}
	}
	if sig.levels == "" {
		resource := q.Get("sr")
		if resource != "b" && resource != "c" {
			return nil, notYet("signatures with sr=" + resource)
		}
		sig.blob = resource == "b"
		if text == "" {
			text = resourceText(q, where, sig)
		}
		sig.readHeaders(q)
	}
	if where.account.NoKeys && sig.principal == nil {
		return nil, noKeys()
	}
	if !signedBy(keys, text, q.Get("sig")) {
		return nil, notAuthenticated().because("Signature did not match. String to sign used was %s", text)
	}
	if p := inTime(q.Get("st"), q.Get("se")); p != nil {
		return nil, p
	}
	if services := q.Get("ss"); q.Has("srt") && !strings.Contains(services, "b") {
		return nil, refuse(http.StatusForbidden, "AuthorizationServiceMismatch", "This request is not authorized to perform this operation using this service.")
	}
	return sig, nil
}

// accountText is what is signed in the signature of an account. It ends in an empty line.
func accountText(q url.Values, account string) string {
	lines := []string{account}
	for _, name := range []string{"sp", "ss", "srt", "st", "se", "sip", "spr", "sv"} {
		lines = append(lines, q.Get(name))
	}
	if q.Get("sv") >= withScope {
		lines = append(lines, q.Get("ses"))
	}
	return strings.Join(lines, "\n") + "\n"
}

// resourceText is what is signed in the signature of a container or a blob.
func resourceText(q url.Values, where place, sig *signature) string {
	version := q.Get("sv")
	resource := "/blob/" + where.account.ID.Name() + "/" + where.container
	if sig.blob {
		resource += "/" + where.blob
	}
	lines := []string{q.Get("sp"), q.Get("st"), q.Get("se"), resource}
	add := func(since string, names ...string) {
		for _, name := range names {
			if version >= since {
				lines = append(lines, q.Get(name))
			}
		}
	}
	if sig.principal != nil {
		add("", "skoid", "sktid", "skt", "ske", "sks", "skv")
		add(withAgents, "saoid", "suoid", "scid")
		add(withDelegatedUser, "skdutid", "sduoid")
	} else {
		add("", "si")
	}
	add("", "sip", "spr", "sv")
	add(withResource, "sr", "snapshot")
	add(withScope, "ses")
	if sig.principal != nil {
		add(withRequest, "srh", "srq")
	}
	add("", "rscc", "rscd", "rsce", "rscl", "rsct")
	return strings.Join(lines, "\n")
}

// readHeaders reads the headers that a signature lays over those of a blob.
func (sig *signature) readHeaders(q url.Values) {
	sig.headers = map[string]string{}
	for name, header := range map[string]string{
		"rscc": "Cache-Control", "rscd": "Content-Disposition", "rsce": "Content-Encoding", "rscl": "Content-Language", "rsct": "Content-Type",
	} {
		if value := q.Get(name); value != "" {
			sig.headers[header] = value
		}
	}
}

// permits reports whether a signature allows an operation; createOnly says that it allows to make a blob and no more.
func (sig *signature) permits(n need, where place) (createOnly bool, refused *problem) {
	switch level := where.level(); {
	case sig.levels != "" && !strings.ContainsAny(sig.levels, n.level):
		return false, refuse(http.StatusForbidden, "AuthorizationResourceTypeMismatch", "This request is not authorized to perform this operation using this resource type.")
	case sig.levels == "" && (level == "s" || level == "c" && n.permission != "l"):
		return false, permissionMismatch()
	case strings.ContainsAny(sig.permissions, n.permission):
		return false, nil
	case n.makes && strings.Contains(sig.permissions, "c"):
		return true, nil
	}
	return false, permissionMismatch()
}

// timeForms are how signatures write times (learn.microsoft.com/rest/api/storageservices/formatting-datetime-values).
var timeForms = []string{"2006-01-02T15:04:05Z", "2006-01-02T15:04:05.9999999Z", "2006-01-02T15:04Z", time.DateOnly}

func parseTime(text string) (at time.Time, ok bool) {
	ok = slices.ContainsFunc(timeForms, func(form string) bool {
		var err error
		at, err = time.Parse(form, text)
		return err == nil
	})
	return at, ok
}

// inTime refuses what does not hold now. A start may be left out.
func inTime(start, expiry string) *problem {
	now := time.Now()
	from, ok := parseTime(start)
	if start != "" && !ok {
		return notAuthenticated().because("Signed start %s is not a valid time.", start)
	}
	to, ok := parseTime(expiry)
	if !ok {
		return notAuthenticated().because("Signed expiry %s is not a valid time.", expiry)
	}
	if now.Before(from) || !now.Before(to) {
		return notAuthenticated().because("Signature not valid in the specified time frame: Start [%s] - Expiry [%s] - Current [%s]", start, expiry, now.UTC().Format(time.RFC1123))
	}
	return nil
}
