package deploy

import (
	"bytes"
	"context"
	"crypto/md5" // Azure's choice for the checksum of what it gets
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/streaming"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blockblob"
)

// oneRequest is how much of a file is sent at once, in bytes. Larger ones go in blocks of that size.
const oneRequest = 4 << 20

// send sends a file, and makes a blob of it only if all that was sent is what [ReadTree] has read: the blob's checksum is of
// that, Azure does not hold the blocks against it, and code that looks complete would never be sent again.
func (b *blobs) send(ctx context.Context, name string, f File, content io.ReaderAt) error {
	doing := "sending " + f.Path + " to"
	sum, part := sha256.New(), make([]byte, min(f.Size, oneRequest))
	next := func(at int64) error {
		part = part[:min(f.Size-at, oneRequest)]
		_, err := io.ReadFull(io.NewSectionReader(content, at, f.Size-at), part)
		sum.Write(part)
		return err
	}
	headers := &blob.HTTPHeaders{BlobContentMD5: f.md5[:]}
	if f.Size <= oneRequest {
		if err := next(0); err != nil || !f.is(sum.Sum(nil)) {
			return changed(f, err)
		}
		return b.do(ctx, doing, name, func(ctx context.Context, c *blockblob.Client) error {
			_, err := c.Upload(ctx, inMemory(part), &blockblob.UploadOptions{HTTPHeaders: headers, TransactionalValidation: md5Of(part)})
			return err
		})
	}
	var blocks []string
	run := rand.Text() // another deploy may be sending to the same blob
	for at := int64(0); at < f.Size; at += oneRequest {
		if err := next(at); err != nil {
			return changed(f, err)
		}
		id := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%06d", run, len(blocks)))
		if err := b.do(ctx, doing, name, func(ctx context.Context, c *blockblob.Client) error {
			_, err := c.StageBlock(ctx, id, inMemory(part), &blockblob.StageBlockOptions{TransactionalValidation: md5Of(part)})
			return err
		}); err != nil {
			return err
		}
		blocks = append(blocks, id)
	}
	if !f.is(sum.Sum(nil)) {
		return changed(f, nil)
	}
	return b.do(ctx, doing, name, func(ctx context.Context, c *blockblob.Client) error {
		_, err := c.CommitBlockList(ctx, blocks, &blockblob.CommitBlockListOptions{HTTPHeaders: headers})
		return err
	})
}

// is reports whether a SHA-256 sum is the file's.
func (f File) is(sum []byte) bool { return bytes.Equal(sum, f.sha[:]) }

// changed is a file that is no more what the plan was made of. cause may be nil.
func changed(f File, cause error) error {
	return &FileError{Path: f.Path, Problem: "has changed while it was being deployed", hint: "deploy once more", cause: cause}
}

func inMemory(part []byte) io.ReadSeekCloser { return streaming.NopCloser(bytes.NewReader(part)) }

// md5Of has Azure check what it gets of one request.
func md5Of(part []byte) blob.TransferValidationType {
	sum := md5.Sum(part)
	return blob.TransferValidationTypeMD5(sum[:])
}
