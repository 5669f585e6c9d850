package blob

import (
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
)

const (
	// maxBlocks is the most blocks of a blob, maxStaged the most that wait, maxBlockID the longest id before it is in
	// base64 (learn.microsoft.com/rest/api/storageservices/put-block-list and put-block).
	maxBlocks, maxStaged, maxBlockID = 50_000, 100_000, 64
)

// putBlock serves Put Block: the block waits for a block list.
func (s *Service) putBlock(c *call) *problem {
	id := c.query.Get("blockid")
	if raw, err := base64.StdEncoding.DecodeString(id); err != nil || len(raw) == 0 || len(raw) > maxBlockID {
		return badQuery("blockid", id)
	}
	if _, p := c.readWrite(); p != nil {
		return p
	}
	if p := c.checkContainer(); p != nil {
		return p
	}
	all, sum, p := s.receive(c, maxBlock)
	if p != nil {
		return p
	}
	if p := s.stage(c, block{id, all}); p != nil {
		s.memory.free(all.size)
		return p
	}
	c.tellSums(sum)
	c.w.Header().Set("X-Ms-Request-Server-Encrypted", "true")
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// stage keeps a block. All of a blob's have ids of one length.
func (s *Service) stage(c *call, b block) *problem {
	c.account.Store.mu.Lock()
	defer c.account.Store.mu.Unlock()
	in, p := c.find()
	if p != nil {
		return p
	}
	if in.blobs[c.blob] != nil && c.createOnly {
		return permissionMismatch()
	}
	staged := in.staged[c.blob]
	if staged == nil {
		staged = map[string]block{}
	}
	for other := range staged {
		if len(other) != len(b.id) {
			return refuse(http.StatusBadRequest, "InvalidBlobOrBlock", "The specified blob or block content is invalid.")
		}
		break // they all have the same length
	}
	old, there := staged[b.id]
	if !there && len(staged) >= maxStaged {
		return refuse(http.StatusConflict, "BlockCountExceedsLimit", "The uncommitted block count cannot exceed the maximum limit of 100,000 blocks.")
	}
	s.memory.free(old.content.size)
	staged[b.id] = b
	in.staged[c.blob] = staged
	return nil
}

// wanted is a line of a block list: which block, and whether of the committed ones, the staged ones, or the latest.
type wanted struct{ from, id string }

// readBlockList reads the lines in their order.
func readBlockList(r io.Reader) ([]wanted, *problem) {
	var list []wanted
	in := xml.NewDecoder(r)
	for depth := 0; ; {
		token, err := in.Token()
		if errors.Is(err, io.EOF) && depth == 0 {
			return list, nil
		}
		if err != nil {
			return nil, badDocument()
		}
		switch token := token.(type) {
		case xml.StartElement:
			if depth == 0 {
				if token.Name.Local != "BlockList" {
					return nil, badDocument()
				}
				depth++
				continue
			}
			var id string
			if err := in.DecodeElement(&id, &token); err != nil {
				return nil, badDocument()
			}
			list = append(list, wanted{token.Name.Local, strings.TrimSpace(id)})
		case xml.EndElement:
			depth--
		}
	}
}

// putBlockList serves Put Block List: the blob is made of the blocks named.
func (s *Service) putBlockList(c *call) *problem {
	w, p := c.readWrite()
	if p != nil {
		return p
	}
	all, sum, p := s.receive(c, maxDocument)
	if p != nil {
		return p
	}
	defer s.memory.free(all.size)
	read, write := io.Pipe()
	go func() { write.CloseWithError(all.writeTo(write, 0, all.size)) }()
	list, p := readBlockList(read)
	read.Close()
	if p != nil {
		return p
	}
	if len(list) > maxBlocks {
		return refuse(http.StatusBadRequest, "BlockListTooLong", "The block list may not contain more than 50,000 blocks.")
	}
	made, p := c.replace(w.conditions, func(in *container, old *blob) (*blob, *problem) {
		blocks, p := in.pick(c.blob, list)
		if p != nil {
			return nil, p
		}
		b := &blob{metadata: w.metadata, headers: w.headers, tier: w.tier, blocks: blocks, content: join(blocks)}
		if b.headers.contentType == "" {
			b.headers.contentType = defaultType
		}
		if !s.memory.take(b.content.size) {
			return nil, tooLarge()
		}
		return b, nil
	})
	if p != nil {
		return p
	}
	c.written(made)
	c.tellSums(sum)
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// pick finds the blocks of a list.
func (in *container) pick(name string, list []wanted) ([]block, *problem) {
	committed := map[string]block{}
	if old := in.blobs[name]; old != nil {
		for _, b := range old.blocks {
			committed[b.id] = b
		}
	}
	staged := in.staged[name]
	blocks := make([]block, 0, len(list))
	for _, want := range list {
		b, ok := staged[want.id]
		switch want.from {
		case "Uncommitted":
		case "Committed":
			b, ok = committed[want.id]
		case "Latest":
			if !ok {
				b, ok = committed[want.id]
			}
		default:
			return nil, badDocument()
		}
		if !ok {
			return nil, refuse(http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid.")
		}
		blocks = append(blocks, b)
	}
	return blocks, nil
}
