package functions

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var uris = map[string]Function{
	"uri":                  {2, 2, false, uri},
	"uricomponent":         {1, 1, false, onText(escapeURI)},
	"uricomponenttostring": {1, 1, false, onText(unescapeURI)},
	"parseuri":             {1, 1, false, parseURI},
	"builduri":             {1, 1, false, buildURI},
}

// uri resolves a reference against an address, as RFC 3986 has it.
func uri(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	base, err := url.Parse(s[0])
	if err != nil || !base.IsAbs() || base.Host == "" {
		return nil, value.Errorf("The template language function '%s' expects its first argument to be a uri string. The provided value is '%s'.", c.Name, s[0])
	}
	ref, err := url.Parse(s[1])
	if err != nil {
		return nil, value.Errorf("The template language function '%s' expects its second argument to be a relative uri string. The provided value is '%s'.", c.Name, s[1])
	}
	return canonical(base.ResolveReference(ref)), nil
}

// canonical writes an address as .NET does: the host in small letters, no port that its scheme has anyway, and a path.
func canonical(u *url.URL) string {
	u.Host = strings.ToLower(u.Host)
	if port := u.Port(); u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	if u.Path == "" && u.Opaque == "" {
		u.Path = "/"
	}
	return u.String()
}

// escapeURI escapes every byte that RFC 3986 does not call unreserved.
func escapeURI(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0:
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

func parseURI(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(s)
	if err != nil || !u.IsAbs() || u.Host == "" {
		return nil, value.Errorf("The template language function '%s' expects its parameter to be a uri string. The provided value is '%s'.", c.Name, s)
	}
	ports := map[string]int64{"http": 80, "https": 443, "ftp": 21}
	port, ok := ports[u.Scheme]
	if n, err := strconv.ParseInt(u.Port(), 10, 32); err == nil {
		port, ok = n, true
	}
	if !ok {
		port = -1
	}
	path, query := u.EscapedPath(), ""
	if path == "" {
		path = "/"
	}
	if u.RawQuery != "" {
		query = "?" + u.RawQuery
	}
	out := value.NewObject(5)
	out.Set("scheme", u.Scheme)
	out.Set("host", u.Hostname())
	out.Set("port", port)
	out.Set("path", path)
	out.Set("query", query)
	return out, nil
}

func buildURI(c *Call) (value.Value, error) {
	o, err := c.object(0)
	if err != nil {
		return nil, err
	}
	part := func(name string) string {
		v, _ := o.Get(name)
		return Text(v)
	}
	if part("scheme") == "" || part("host") == "" {
		return nil, value.Errorf("The template language function '%s' expects an object with at least 'scheme' and 'host'.", c.Name)
	}
	out := part("scheme") + "://" + part("host")
	if port := part("port"); port != "" && port != "-1" && !(port == "443" && part("scheme") == "https") && !(port == "80" && part("scheme") == "http") {
		out += ":" + port
	}
	path, query := part("path"), part("query")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if query != "" && query[0] != '?' {
		query = "?" + query
	}
	return out + path + query, nil
}
