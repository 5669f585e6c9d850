package flow

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pacific-aci/pacific/prefect"
)

// Store keeps the results of tasks; see [Results] and [Dir]. It must be safe for use by many goroutines.
type Store interface {
	// Load gives what was saved under key; fs.ErrNotExist if nothing was.
	Load(ctx context.Context, key string) ([]byte, error)
	// Save keeps data under key, all of it or nothing. A key is RUN/HASH, of letters, digits and dashes.
	Save(ctx context.Context, key string, data []byte) error
}

// Dir is a store in a folder, which should outlive the container: a volume of Azure Files, for example. The folder is made
// with the first result; the files can be read by their owner alone.
func Dir(folder string) Store { return dir(folder) }

type dir string

func (d dir) path(key string) string {
	return filepath.Join(string(d), filepath.FromSlash(key)+".json")
}

// Load reads the file.
func (d dir) Load(_ context.Context, key string) ([]byte, error) { return os.ReadFile(d.path(key)) }

// Save writes another file and renames it, so that one that is half written is never read.
func (d dir) Save(_ context.Context, key string, data []byte) (err error) {
	path := d.path(key)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".saving-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(file.Name()) // what is told is why it could not be saved
		}
	}()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// noStore keeps nothing.
type noStore struct{}

func (noStore) Load(context.Context, string) ([]byte, error) { return nil, fs.ErrNotExist }
func (noStore) Save(context.Context, string, []byte) error   { return nil }

// storedResult is the place of one task's result; the zero value has none.
type storedResult struct {
	store Store
	key   string
}

// stored is the place of the result of this task with this input: the same one when the flow run is executed again.
func (t *taskRun) stored(in any) (storedResult, error) {
	if _, none := t.options.results.(noStore); none || t.options.results == nil || t.flow.session == nil {
		return storedResult{}, nil // without a server, no run comes back under this id
	}
	call, err := t.flow.call(t.run.TaskKey, in)
	if err != nil {
		return storedResult{}, fmt.Errorf("task %q keeps its result by its input, which JSON has no form for: %w", t.run.TaskKey, err)
	}
	sum := sha256.Sum256([]byte(call))
	return storedResult{t.options.results, string(t.flow.root()) + "/" + hex.EncodeToString(sum[:])}, nil
}

// call names a call of a task or a subflow by its input, in the same way whenever the flow run is executed. Of several calls with
// the same input each has its own name.
func (r *flowRun) call(name string, in any) (string, error) {
	input, err := json.Marshal(in)
	if err != nil {
		return "", err
	}
	call := fmt.Sprintf("%s%q %s", r.path, name, input)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls[call]++
	return fmt.Sprintf("%s %d", call, r.calls[call]), nil
}

// root is the id of the flow run that is executed again; its subflows get new ones.
func (r *flowRun) root() prefect.ID {
	for r.parent != nil {
		r = r.parent
	}
	return r.id
}

// load reads the result into a pointer, and reports whether there is one.
func (s storedResult) load(ctx context.Context, into any) (bool, error) {
	if s.store == nil {
		return false, nil
	}
	data, err := s.store.Load(ctx, s.key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(data, into); err != nil { // a newer program, with another type
		Logger(ctx).WarnContext(ctx, "the task's stored result cannot be read; the task is run again", "error", err)
		return false, nil
	}
	return true, nil
}

// save keeps a result. A task that has done its work has not failed because of the store: the log tells.
func (s storedResult) save(ctx context.Context, result any) {
	if s.store == nil {
		return
	}
	data, err := json.Marshal(result)
	if err == nil {
		err = s.store.Save(ctx, s.key, data)
	}
	if err != nil {
		Logger(ctx).WarnContext(ctx, "the task's result is not stored; it is run again if the container comes back", "error", err)
	}
}
