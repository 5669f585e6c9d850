package blob

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxSkew is how far the time of a request may be from the service's
// (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
const maxSkew = 15 * time.Minute

// sharedKey verifies a request that is signed with one of the account's keys: "ACCOUNT:SIGNATURE".
func (s *Service) sharedKey(c *call, credential string) *problem {
	name, signature, _ := strings.Cut(credential, ":")
	if name != c.account.ID.Name() {
		return notAuthenticated().because("The account in the Authorization header is not that of the address.")
	}
	if c.account.NoKeys {
		return noKeys()
	}
	date := cmp.Or(c.Header.Get("X-Ms-Date"), c.Header.Get("Date"))
	sent, err := http.ParseTime(date)
	if err != nil {
		return notAuthenticated().because("The Date header in the request is incorrect.")
	}
	if skew := time.Since(sent); skew > maxSkew || skew < -maxSkew {
		return notAuthenticated().because("Request date header too old: '%s'.", date)
	}
	text := stringToSign(c.Request, name)
	if !signedBy(c.account.Keys, text, signature) {
		return notAuthenticated().because("The MAC signature found in the HTTP request is not the same as any computed signature. Server used following string to sign: '%s'.", hidden.ReplaceAllString(text, "sig=REDACTED"))
	}
	return nil
}

// hidden is the signature in the address of a copy's source, which is a secret.
var hidden = regexp.MustCompile(`\bsig=[^&\s]*`)

func noKeys() *problem {
	return refuse(http.StatusForbidden, "KeyBasedAuthenticationNotPermitted", "Key based authentication is not permitted on this storage account.")
}

// signedBy reports whether one of the keys made a signature.
func signedBy(keys [2]string, text, signature string) bool {
	return hmac.Equal([]byte(sign(keys[0], text)), []byte(signature)) || hmac.Equal([]byte(sign(keys[1], text)), []byte(signature))
}

// sign is the HMAC-SHA256 of a text in base64. key is in base64.
func sign(key, text string) string {
	secret, _ := base64.StdEncoding.DecodeString(key) // ours
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signedHeaders are the headers whose values are signed, in their order; an empty line is in the place of Content-Length.
var signedHeaders = []string{
	"Content-Encoding", "Content-Language", "", "Content-Md5", "Content-Type", "Date", "If-Modified-Since", "If-Match", "If-None-Match",
	"If-Unmodified-Since", "Range",
}

// stringToSign is what the client of an account signs, from version 2015-02-21 on
// (learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key).
func stringToSign(r *http.Request, account string) string {
	lines := []string{r.Method}
	for _, name := range signedHeaders {
		switch {
		case name == "" && r.ContentLength > 0:
			lines = append(lines, strconv.FormatInt(r.ContentLength, 10))
		case name == "" || name == "Date" && r.Header.Get("X-Ms-Date") != "":
			lines = append(lines, "")
		default:
			lines = append(lines, r.Header.Get(name))
		}
	}
	own := map[string]string{}
	for name, values := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-ms-") {
			own[name] = strings.TrimSpace(strings.Join(values, ","))
		}
	}
	for _, name := range slices.SortedFunc(maps.Keys(own), compareHeaders) {
		lines = append(lines, name+":"+own[name])
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	lines = append(lines, "/"+account+path)
	query := lowerNames(r.URL.Query())
	for _, name := range slices.Sorted(maps.Keys(query)) {
		lines = append(lines, name+":"+strings.Join(slices.Sorted(slices.Values(query[name])), ","))
	}
	return strings.Join(lines, "\n")
}

// headerOrder is the order of the characters of header names. It is that of words, not of ASCII: a hyphen does not count
// unless all else is the same, and punctuation comes before digits.
const headerOrder = "!#$%&*+.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"

// compareHeaders orders lower-case header names as the service does.
func compareHeaders(a, b string) int {
	plain := func(name string) []int {
		var ranks []int
		for _, char := range strings.ReplaceAll(name, "-", "") {
			ranks = append(ranks, strings.IndexRune(headerOrder, char))
		}
		return ranks
	}
	if order := slices.Compare(plain(a), plain(b)); order != 0 {
		return order
	}
	// A hyphen that comes later comes first.
	for i := range min(len(a), len(b)) {
		switch {
		case a[i] == b[i]:
		case a[i] == '-':
			return 1
		default:
			return -1
		}
	}
	return len(a) - len(b)
}
