package blob

import (
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// maxDelegation is how long a user delegation key holds at most
// (learn.microsoft.com/rest/api/storageservices/get-user-delegation-key).
const maxDelegation = 7 * 24 * time.Hour

// delegationForm is how the times of user delegation keys are written.
const delegationForm = "2006-01-02T15:04:05Z"

// delegation is a user delegation key on the wire.
type delegation struct {
	XMLName                                                 xml.Name `xml:"UserDelegationKey"`
	SignedOid, SignedTid                                    string
	SignedStart, SignedExpiry, SignedService, SignedVersion string
	Value                                                   string
}

// delegationKey gives a key out, with which its caller signs access in its own name.
func (s *Service) delegationKey(c *call) *problem {
	var body struct {
		XMLName       xml.Name `xml:"KeyInfo"`
		Start, Expiry string
		User          string `xml:"DelegatedUserTid"`
	}
	if err := xml.NewDecoder(http.MaxBytesReader(c.w, c.Body, maxDocument)).Decode(&body); err != nil {
		return badDocument()
	}
	if body.User != "" {
		return notYet("user delegation keys for others")
	}
	now := time.Now().UTC()
	from, ok := parseTime(body.Start)
	if body.Start == "" {
		from, ok = now, true
	}
	to, valid := parseTime(body.Expiry)
	if !ok || !valid || !from.Before(to) || !now.Before(to) || to.Sub(now) > maxDelegation {
		return refuse(http.StatusBadRequest, "InvalidXmlNodeValue", "The value for one of the XML nodes is not in the correct format: Start and Expiry must be times, Expiry within seven days from now.")
	}
	key := delegation{
		SignedOid: c.caller.principal.ObjectID, SignedTid: s.core.TenantID(), SignedService: "b", SignedVersion: c.version,
		SignedStart: from.Format(delegationForm), SignedExpiry: to.Format(delegationForm),
	}
	key.Value = s.delegated(c.account.ID.Key(), key.SignedOid, key.SignedTid, key.SignedStart, key.SignedExpiry, key.SignedService, key.SignedVersion)
	c.writeXML(http.StatusOK, key)
	return nil
}

// delegated is the value of a key, which follows from its account, what it says, and the secret of this start.
func (s *Service) delegated(said ...string) string {
	return sign(base64.StdEncoding.EncodeToString(s.secret[:]), strings.Join(said, "\n"))
}

// delegatedKey is the value of the key of an account that a signature says it is made with.
func (s *Service) delegatedKey(account Account, q url.Values) (string, *problem) {
	if q.Get("sks") != "b" || q.Get("sktid") != s.core.TenantID() {
		return "", notAuthenticated().because("The user delegation key is not one of this service and tenant.")
	}
	if p := inTime(q.Get("skt"), q.Get("ske")); p != nil {
		return "", p
	}
	return s.delegated(account.ID.Key(), q.Get("skoid"), q.Get("sktid"), q.Get("skt"), q.Get("ske"), q.Get("sks"), q.Get("skv")), nil
}
