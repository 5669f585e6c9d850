package blob

import (
	"cmp"
	"encoding/xml"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// nameView is a name on the wire; one with characters that XML does not have is written as in an address.
type nameView struct {
	Encoded bool   `xml:",attr,omitempty"`
	Text    string `xml:",chardata"`
}

func viewName(name string) nameView {
	odd := func(char rune) bool {
		return char == '\ufffe' || char == '\uffff' || char < ' ' && char != '\t' && char != '\n' && char != '\r'
	}
	if strings.ContainsFunc(name, odd) {
		return nameView{Encoded: true, Text: url.PathEscape(name)}
	}
	return nameView{Text: name}
}

// prefixView is a folder in a list with a delimiter.
type prefixView struct {
	XMLName xml.Name `xml:"BlobPrefix"`
	Name    nameView
}

// blobView is a blob in a list.
type blobView struct {
	XMLName    xml.Name `xml:"Blob"`
	Name       nameView
	Properties blobProperties
	Metadata   *metadataView
	OrMetadata struct{}
}

type blobProperties struct {
	CreationTime       string `xml:"Creation-Time,omitempty"`
	LastModified       string `xml:"Last-Modified"`
	Etag               string
	ContentLength      int64  `xml:"Content-Length"`
	ContentType        string `xml:"Content-Type"`
	ContentEncoding    string `xml:"Content-Encoding"`
	ContentLanguage    string `xml:"Content-Language"`
	ContentMD5         string `xml:"Content-MD5"`
	CacheControl       string `xml:"Cache-Control"`
	ContentDisposition string `xml:"Content-Disposition"`
	BlobType           string
	AccessTier         string
	AccessTierInferred bool   `xml:",omitempty"`
	LeaseStatus        string `xml:",omitempty"`
	LeaseState         string `xml:",omitempty"`
	ServerEncrypted    bool
	CopyID             string `xml:"CopyId,omitempty"`
	CopyStatus         string `xml:",omitempty"`
	CopySource         string `xml:",omitempty"`
	CopyProgress       string `xml:",omitempty"`
	CopyCompletionTime string `xml:",omitempty"`
}

// view is a blob as a list shows it, with its metadata and its copy if they were asked for.
func (b *blob) view(name string, include []string) blobView {
	v := blobView{Name: viewName(name), Properties: blobProperties{
		CreationTime: b.created.Format(http.TimeFormat), LastModified: b.modified.Format(http.TimeFormat), Etag: strings.Trim(b.etag, `"`),
		ContentLength: b.content.size, ContentType: b.headers.contentType, ContentEncoding: b.headers.encoding, ContentLanguage: b.headers.language,
		ContentMD5: b.headers.md5, CacheControl: b.headers.cacheControl, ContentDisposition: b.headers.disposition,
		BlobType: "BlockBlob", AccessTier: cmp.Or(b.tier, defaultTier), AccessTierInferred: b.tier == "",
		LeaseStatus: "unlocked", LeaseState: "available", ServerEncrypted: true,
	}}
	if slices.Contains(include, "metadata") {
		v.Metadata = new(metadataView(b.metadata))
	}
	if k := b.copied; k != nil && slices.Contains(include, "copy") {
		v.Properties.CopyID, v.Properties.CopyStatus, v.Properties.CopySource = k.id, "success", k.source
		v.Properties.CopyProgress, v.Properties.CopyCompletionTime = k.progress(), k.at.Format(http.TimeFormat)
	}
	return v
}

// viewStaged is a blob of which there are only blocks that wait for a block list.
func viewStaged(name string) blobView {
	return blobView{Name: viewName(name), Properties: blobProperties{
		LastModified: time.Unix(0, 0).UTC().Format(http.TimeFormat), ContentType: defaultType, BlobType: "BlockBlob", AccessTier: defaultTier, AccessTierInferred: true, ServerEncrypted: true,
	}}
}

// listBlobs serves List Blobs, with and without a delimiter.
func (s *Service) listBlobs(c *call) *problem {
	p, bad := c.readPage()
	if bad != nil {
		return bad
	}
	if from := c.query.Get("startfrom"); from != "" {
		return notYet("lists with startFrom")
	}
	if strings.Contains(c.Header.Get("Accept"), "arrow") && !strings.Contains(c.Header.Get("Accept"), "xml") {
		return notYet("lists in Apache Arrow")
	}
	list, next, bad := c.blobPage(p)
	if bad != nil {
		return bad
	}
	answer := c.results(p, next)
	answer.ContainerName, answer.Blobs = c.container, list
	c.writeXML(http.StatusOK, answer)
	return nil
}

// blobPage is the page of blobs, and of prefixes where there is a delimiter.
func (c *call) blobPage(p page) (*items, string, *problem) {
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, bad := c.find()
	if bad != nil {
		return nil, "", bad
	}
	names := slices.Collect(maps.Keys(in.blobs))
	if slices.Contains(p.include, "uncommittedblobs") {
		for name := range in.staged {
			if in.blobs[name] == nil {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	folders := map[string]bool{}
	if delimiter := c.query.Get("delimiter"); delimiter != "" {
		for i, name := range names {
			rest, ok := strings.CutPrefix(name, p.prefix)
			if at := strings.Index(rest, delimiter); ok && at >= 0 {
				names[i] = name[:len(p.prefix)+at+len(delimiter)]
				folders[names[i]] = true
			}
		}
		names = slices.Compact(names)
	}
	shown, next := p.cut(names)
	list := &items{}
	for _, name := range shown {
		switch b := in.blobs[name]; {
		case folders[name]:
			list.Items = append(list.Items, prefixView{Name: viewName(name)})
		case b != nil:
			list.Items = append(list.Items, b.view(name, p.include))
		default:
			list.Items = append(list.Items, viewStaged(name))
		}
	}
	return list, next, nil
}
