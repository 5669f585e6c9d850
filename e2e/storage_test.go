//go:build e2e

package e2e

import (
	"context"
	"os"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// blobStorage is the connection string of a real Azurite.
func (s *workerSide) blobStorage() string {
	s.t.Helper()
	const name = "PACIFIC_E2E_STORAGE_CONNECTION_STRING"
	connection := os.Getenv(name)
	if connection == "" {
		s.t.Fatalf("%s is not set: run e2e/run, which starts Azurite", name)
	}
	return connection
}

// newBlobContainer makes a blob container with the pool's name, and uploads files of testdata/worker into a folder of it.
func (s *workerSide) newBlobContainer(folder string, files ...string) {
	s.t.Helper()
	var paths []string
	for _, file := range files {
		paths = append(paths, "testdata/worker/"+file)
	}
	s.upload(folder, paths...)
}

// upload does the same with any files.
func (s *workerSide) upload(folder string, files ...string) {
	s.t.Helper()
	s.do(0, s.python, append([]string{"testdata/worker/upload.py", s.blobStorage(), s.pool, folder}, files...)...)
}

// resultStorage saves a storage block for the results of flows. A container with the environment that it gives keeps them
// there.
func (s *workerSide) resultStorage() map[string]any {
	s.t.Helper()
	s.newBlobContainer("")
	_, reference := s.saveContainer(s.pool, "")
	return map[string]any{"PREFECT_RESULTS_PERSIST_BY_DEFAULT": "true", "PREFECT_DEFAULT_RESULT_STORAGE_BLOCK": reference}
}

// saveContainer saves prefect-azure's storage block for a folder of the blob container, and gives its id and its TYPE/NAME.
func (s *workerSide) saveContainer(name, folder string) (id prefect.ID, reference string) {
	s.t.Helper()
	credentials := s.save(name, &prefect.AzureBlobStorageCredentials{ConnectionString: prefect.SecretStr(s.blobStorage())})
	block := &prefect.PlainBlock{Slug: "azure-blob-storage-container", Data: map[string]any{"container_name": s.pool, "base_folder": folder,
		"credentials": map[string]any{"$ref": map[string]any{"block_document_id": credentials}}}}
	return s.save(name, block), block.Slug + "/" + name
}

// result is what a run returned, read by Prefect's own client from where the container put it.
func (s *workerSide) result(run prefect.ID) string {
	s.t.Helper()
	return strings.TrimSpace(s.do(0, s.python, "-W", "ignore", "testdata/worker/result.py", string(run)).stdout)
}

// save saves a block until the end of the test.
func (s *workerSide) save(name string, block prefect.Block) prefect.ID {
	s.t.Helper()
	var document prefect.BlockDocument
	s.retry("saving block "+name, func() (err error) {
		document, err = s.client.SaveBlock(s.ctx, name, block, prefect.SaveBlockOptions{Overwrite: true})
		return err
	})
	s.t.Cleanup(func() { _ = s.client.DeleteBlockDocument(context.Background(), document.ID) })
	return document.ID
}
