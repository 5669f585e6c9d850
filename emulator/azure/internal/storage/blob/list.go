package blob

import (
	"encoding/base64"
	"encoding/xml"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxList is how many items a list shows at most, and if nothing is said.
const maxList = 5000

// page is the part of a list that a call asks for. A marker carries the last item shown, so that what comes and goes
// between two pages neither repeats nor hides others.
type page struct {
	prefix, after string
	size          int
	include       []string
}

func (c *call) readPage() (page, *problem) {
	p := page{prefix: c.query.Get("prefix"), size: maxList}
	if asked := c.query.Get("maxresults"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 {
			return p, refuse(http.StatusBadRequest, "OutOfRangeQueryParameterValue", "One of the query parameters specified in the request URI is outside the permissible range: maxresults=%s.", asked)
		}
		p.size = min(n, maxList)
	}
	if marker := c.query.Get("marker"); marker != "" {
		last, err := base64.RawURLEncoding.DecodeString(marker)
		if err != nil {
			return p, badQuery("marker", marker)
		}
		p.after = string(last)
	}
	for _, value := range c.query["include"] {
		p.include = append(p.include, strings.Split(strings.ToLower(value), ",")...)
	}
	return p, nil
}

// cut is the page of sorted names, and the marker of the next one; empty on the last.
func (p page) cut(names []string) (shown []string, next string) {
	for _, name := range names {
		switch {
		case !strings.HasPrefix(name, p.prefix) || name <= p.after:
		case len(shown) == p.size:
			return shown, base64.RawURLEncoding.EncodeToString([]byte(shown[p.size-1]))
		default:
			shown = append(shown, name)
		}
	}
	return shown, ""
}

// results is the answer to a list.
type results struct {
	XMLName         xml.Name `xml:"EnumerationResults"`
	ServiceEndpoint string   `xml:",attr"`
	ContainerName   string   `xml:",attr,omitempty"`
	Prefix          string   `xml:",omitempty"`
	Marker          string   `xml:",omitempty"`
	MaxResults      string   `xml:",omitempty"`
	Delimiter       string   `xml:",omitempty"`
	Containers      *items
	Blobs           *items
	NextMarker      string
}

// items are of several kinds, in their order.
type items struct{ Items []any }

func (c *call) results(p page, next string) results {
	return results{
		ServiceEndpoint: "https://" + c.account.ID.Name() + Suffix + "/", Prefix: p.prefix, Marker: c.query.Get("marker"),
		MaxResults: c.query.Get("maxresults"), Delimiter: c.query.Get("delimiter"), NextMarker: next,
	}
}

// metadataView is metadata on the wire: an element for each name.
type metadataView map[string]string

func (m metadataView) MarshalXML(e *xml.Encoder, start xml.StartElement) error {
	if err := e.EncodeToken(start); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if err := e.EncodeElement(m[name], xml.StartElement{Name: xml.Name{Local: name}}); err != nil {
			return err
		}
	}
	return e.EncodeToken(start.End())
}

// containerView is a container in a list.
type containerView struct {
	XMLName    xml.Name `xml:"Container"`
	Name       string
	Properties struct {
		LastModified              string `xml:"Last-Modified"`
		Etag                      string
		LeaseStatus, LeaseState   string
		HasImmutabilityPolicy     bool
		HasLegalHold              bool
		DefaultEncryptionScope    string
		DenyEncryptionScopeChange bool `xml:"DenyEncryptionScopeOverride"`
	}
	Metadata *metadataView
}

// listContainers serves List Containers.
func (s *Service) listContainers(c *call) *problem {
	p, bad := c.readPage()
	if bad != nil {
		return bad
	}
	st := c.account.Store
	st.mu.Lock()
	shown, next := p.cut(slices.Sorted(maps.Keys(st.containers)))
	list := &items{}
	for _, name := range shown {
		in := st.containers[name]
		view := containerView{Name: name}
		view.Properties.LastModified, view.Properties.Etag = in.modified.Format(http.TimeFormat), in.etag
		view.Properties.LeaseStatus, view.Properties.LeaseState = "unlocked", "available"
		view.Properties.DefaultEncryptionScope = "$account-encryption-key"
		if slices.Contains(p.include, "metadata") {
			view.Metadata = new(metadataView(in.metadata))
		}
		list.Items = append(list.Items, view)
	}
	st.mu.Unlock()
	answer := c.results(p, next)
	answer.Containers = list
	c.writeXML(http.StatusOK, answer)
	return nil
}
