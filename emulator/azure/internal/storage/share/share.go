// Package share keeps the file shares of storage accounts. A share is a folder of this machine: container groups mount it,
// and what their containers write is there for the next ones. Make a [Store] for each account with [NewStore].
//
// Folders are gone with the emulator. A share's quota is shown and not enforced.
package share

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// Type is the type of shares, on which roles can be assigned.
const Type = "Microsoft.Storage/storageAccounts/fileServices/shares"

// DefaultQuota and MaxQuota are of a share's size, in GiB
// (learn.microsoft.com/azure/storage/files/storage-files-scale-targets).
const (
	DefaultQuota = 5120
	MaxQuota     = 102400
)

// Share is what is known of a share.
type Share struct {
	Name string
	// ETag is in quotes, and another after each change of the share's own properties.
	ETag     string
	Modified time.Time
	// Quota is the share's size in GiB.
	Quota int
	// Tier is the access tier, in Azure's words.
	Tier     string
	Metadata map[string]string
	// Folder has the share's files; it is absolute.
	Folder string
}

// Change is what a request sets of a share; zero values leave it as it is.
type Change struct {
	Quota    int
	Tier     string
	Metadata map[string]string
}

// Store holds the shares of one account. Its methods may be called at the same time.
type Store struct {
	// parent makes the folder in which a store's folder is made when it is first needed.
	parent func() (string, error)

	mu     sync.Mutex
	closed bool
	folder string // of the account; empty before its first share
	shares map[string]Share
}

// NewStore makes the store of an account. folder gives a folder of this machine that only its user can read.
func NewStore(folder func() (string, error)) *Store {
	return &Store{parent: folder, shares: map[string]Share{}}
}

// Create makes a share, or changes one that is there, and reports whether it is new. It is fs.ErrClosed if the account has
// gone, and another error if this machine refuses the folder.
func (st *Store) Create(name string, change Change) (now Share, created bool, err error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.closed {
		return Share{}, false, fs.ErrClosed
	}
	s, there := st.shares[name]
	if !there {
		s = Share{Name: name, Quota: DefaultQuota, Tier: "TransactionOptimized"}
		if s.Folder, err = st.newFolder(); err != nil {
			return Share{}, false, fmt.Errorf("making the folder of share %s: %w", name, err)
		}
	}
	if change.Quota > 0 {
		s.Quota = change.Quota
	}
	if change.Tier != "" {
		s.Tier = change.Tier
	}
	if change.Metadata != nil {
		s.Metadata = change.Metadata
	}
	s.Modified = time.Now().UTC()
	s.ETag = `"0x` + strings.ToUpper(strings.ReplaceAll(uuid.NewString(), "-", "")[:15]) + `"`
	st.shares[name] = s
	return s, !there, nil
}

// newFolder makes the folder of one more share. Its name is not the share's: a deleted share may still be mounted when
// another of its name is made.
func (st *Store) newFolder() (string, error) {
	if st.folder == "" {
		parent, err := st.parent()
		if err != nil {
			return "", err
		}
		if st.folder, err = os.MkdirTemp(parent, "shares-"); err != nil {
			return "", err
		}
	}
	folder, err := os.MkdirTemp(st.folder, "")
	if err != nil {
		return "", err
	}
	// Azure mounts shares with every right for everybody, whatever user a container's program has; who is not in a
	// container has no way through the folders above.
	if err := os.Chmod(folder, 0o777); err != nil {
		return "", err
	}
	openToAll(folder)
	return folder, nil
}

// Get finds a share.
func (st *Store) Get(name string) (Share, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s, ok := st.shares[name]
	return s, ok
}

// List is all shares, sorted by name.
func (st *Store) List() []Share {
	st.mu.Lock()
	defer st.mu.Unlock()
	list := make([]Share, 0, len(st.shares))
	for _, s := range st.shares {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b Share) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Delete removes a share with its files, and reports whether it was there. The share is gone even if the error says that
// some of its files are not: the emulator tries again when it ends.
func (st *Store) Delete(name string) (bool, error) {
	st.mu.Lock()
	defer st.mu.Unlock()
	s, ok := st.shares[name]
	if !ok {
		return false, nil
	}
	delete(st.shares, name)
	return true, removeFolder(s.Folder)
}

// Close drops all shares; the account has gone.
func (st *Store) Close() error {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	clear(st.shares)
	if st.folder == "" {
		return nil
	}
	return removeFolder(st.folder)
}

func removeFolder(folder string) error {
	if err := leftover.RemoveAll(folder); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", filepath.Base(folder), err)
	}
	return nil
}
