package blob

import (
	"encoding/xml"
	"net/http"
	"strconv"
	"strings"
)

type blockView struct {
	Name string
	Size int64
}

// blockListView is the answer to Get Block List; a list that was not asked for is left out.
type blockListView struct {
	XMLName   xml.Name `xml:"BlockList"`
	Committed *blocks  `xml:"CommittedBlocks"`
	Staged    *blocks  `xml:"UncommittedBlocks"`
}

type blocks struct {
	Block []blockView
}

// getBlockList serves Get Block List.
func (s *Service) getBlockList(c *call) *problem {
	kind := strings.ToLower(c.query.Get("blocklisttype"))
	switch kind {
	case "":
		kind = "committed"
	case "committed", "uncommitted", "all":
	default:
		return badQuery("blocklisttype", kind)
	}
	view, b, p := c.blockLists(kind)
	if p != nil {
		return p
	}
	if b != nil {
		c.stamp(b.etag, b.modified)
		c.w.Header().Set("X-Ms-Blob-Content-Length", strconv.FormatInt(b.content.size, 10))
	}
	c.writeXML(http.StatusOK, view)
	return nil
}

// blockLists are the lists of a kind, and the blob if there is one.
func (c *call) blockLists(kind string) (view blockListView, b *blob, p *problem) {
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, p := c.find()
	if p != nil {
		return view, nil, p
	}
	b = in.blobs[c.blob]
	ids := in.stagedIDs(c.blob)
	if b == nil && len(ids) == 0 {
		return view, nil, noBlob()
	}
	if kind != "uncommitted" {
		view.Committed = &blocks{}
		if b != nil {
			for _, one := range b.blocks {
				view.Committed.Block = append(view.Committed.Block, blockView{one.id, one.content.size})
			}
		}
	}
	if kind != "committed" {
		view.Staged = &blocks{}
		for _, id := range ids {
			view.Staged.Block = append(view.Staged.Block, blockView{id, in.staged[c.blob][id].content.size})
		}
	}
	return view, b, nil
}
