// Package process is the engine that needs nothing installed: a container is an ordinary child process of this one,
// with an environment and a folder of its own and no isolation at all. Images are not looked up, cpu and memory are not
// enforced. Call [New] first.
//
// A container's program finds PATH, HOME, TMPDIR and LANG of our environment and nothing else. Its working folder is
// an empty scratch folder, which HOME and TMPDIR name too, unless [Options] name another; a volume mounted at /mnt/x is the
// folder mnt/x there, which a program that is told /mnt/x does not find, and whoever may write to the volume may write there
// though it is mounted read-only. When the program ends, so does all that it started, as in a container, unless it made
// itself a session of its own on a system other than Linux.
package process

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"

	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/leftover"
)

// Options of the engine. The zero value works: the programs then see the usual folders of programs and no language.
type Options struct {
	// LookupEnv reads the environment that PATH, LANG and what Windows needs are taken from; nil: it is empty.
	LookupEnv func(string) (string, bool)
	// BinFolder is Pacific's own folder, the first of the containers' PATH; empty: the folder of this executable.
	BinFolder string
	// TempFolder is where the scratch folders are made; empty: the system's.
	TempFolder string
	// WorkFolder is a folder of this machine, absolute, in which the containers' programs run instead of their scratch
	// folder. HOME and TMPDIR stay there. Nothing in it is removed. Empty: none.
	WorkFolder string
}

// New makes the engine. Nothing is started and nothing is written before the first group.
func New(o Options) engine.Engine {
	if o.LookupEnv == nil {
		o.LookupEnv = func(string) (string, bool) { return "", false }
	}
	if o.BinFolder == "" {
		if self, err := os.Executable(); err == nil {
			o.BinFolder = filepath.Dir(self)
		}
	}
	return &processes{options: o, since: leftover.StartOf(os.Getpid())}
}

// folderPrefix begins the names of the folders that hold all scratch folders of an engine.
const folderPrefix = "pacific-containers-"

// Sweep ends and removes what engines have left in a folder for temporary files (empty: the system's) whose process was
// killed: scratch folders, and on Linux the processes of their containers. The engine does it before its first group.
func Sweep(tempFolder string) { leftover.Sweep(tempFolder, folderPrefix, killStrays) }

type processes struct {
	options Options
	groups  engine.Groups

	mu       sync.Mutex
	folder   *leftover.Folder // of all scratch folders; nil before the first group
	since    string           // our own start
	starter  *starter
	watchdog *watchdog
	made     int // groups, for the names of their folders
	closed   bool
}

func (*processes) Name() string { return "process" }

// OnLoopback is true: containers are processes of this machine.
func (*processes) OnLoopback() bool { return true }

// NewGroup makes the scratch folder and the volumes.
func (e *processes) NewGroup(_ context.Context, spec engine.GroupSpec) (engine.Group, error) {
	folder, err := e.groupFolder()
	if err != nil {
		return nil, fmt.Errorf("making a scratch folder: %w", err)
	}
	s, err := newScratch(folder, spec.Volumes)
	if err != nil {
		return nil, fmt.Errorf("making the volumes of container group %s: %w", spec.Name, err)
	}
	g := &group{engine: e, name: spec.Name, scratch: s}
	if err := e.groups.Add(g); err != nil {
		s.remove()
		return nil, err
	}
	return g, nil
}

// groupFolder names the folder of one more group, and starts what the first one needs.
func (e *processes) groupFolder() (string, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return "", engine.ErrClosed
	}
	if e.folder == nil {
		Sweep(e.options.TempFolder)
		folder, err := leftover.Make(e.options.TempFolder, folderPrefix)
		if err != nil {
			return "", err
		}
		e.folder = folder
		e.starter = newStarter()
		e.watchdog = newWatchdog(folder.Path)
	}
	e.made++
	return filepath.Join(e.folder.Path, strconv.Itoa(e.made)), nil
}

// Close ends all containers, waits for them and removes every scratch folder.
func (e *processes) Close() error {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	err := e.groups.Close(context.Background())
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.folder == nil {
		return err
	}
	if gone := e.folder.Remove(); gone != nil && err == nil {
		err = fmt.Errorf("removing the scratch folders: %w", gone)
	}
	e.starter.close()
	e.watchdog.close()
	e.folder = nil
	return err
}
