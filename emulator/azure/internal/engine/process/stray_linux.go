package process

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

// killStrays kills the processes that have left their container's process group, as daemons do. folder is the scratch
// folder of the container, of its group or of an emulator; since is the start of the emulator.
//
// A process is a container's only if all of this holds, so that no program of the user's own is taken for one, whatever
// environment or folder it has:
//
//	its HOME or TMPDIR was set to the folder when it was started, after the emulator
//	its session was begun by such a process, or by one that is gone
//	its parent is such a process, or it is an orphan: what adopts orphans is process 1,
//	or an ancestor of ours that is not the shell of our own terminal
func killStrays(folder, since string) {
	// A process in the middle of a fork or exec cannot be read for a moment, and a killed one makes orphans of others.
	for range 5 {
		if !searchStrays(folder, since) {
			return
		}
	}
}

// searchStrays goes once through all processes; false says that none was started in the folder.
func searchStrays(folder, since string) (found bool) {
	proc, err := os.Open("/proc")
	if err != nil {
		return false
	}
	defer proc.Close()
	names, _ := proc.Readdirnames(-1)
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil || !startedIn(pid, folder) {
			continue
		}
		found = true
		// The handle is taken before the look that counts, so that it cannot be a later process with the same number.
		if p, err := os.FindProcess(pid); err == nil {
			if newStraySearch(folder, since).isOurs(pid) {
				_ = p.Kill()
			}
			_ = p.Release()
		}
	}
	return found
}

// straySearch answers for one folder, at one moment.
type straySearch struct {
	folder string
	since  uint64
	known  map[int]bool
}

func newStraySearch(folder, since string) *straySearch {
	at, err := strconv.ParseUint(since, 10, 64)
	if err != nil {
		at = 1<<64 - 1 // nothing is certain to be younger
	}
	return &straySearch{folder: folder, since: at, known: map[int]bool{}}
}

// isOurs reports whether a process belongs to a container of the folder.
func (s *straySearch) isOurs(pid int) bool {
	if known, ok := s.known[pid]; ok {
		return known
	}
	s.known[pid] = true // for a question about itself, by way of others
	p, ok := readProcess(pid)
	ours := ok && p.start >= s.since && startedIn(pid, s.folder) &&
		(p.session == pid || isGone(p.session) || s.isOurs(p.session)) &&
		(isGone(p.parent) || adopts(p.parent) || s.isOurs(p.parent))
	s.known[pid] = ours
	return ours
}

// adopts reports whether a process may be the parent of our orphans, or is us.
func adopts(parent int) bool {
	self, _ := readProcess(os.Getpid())
	for pid := os.Getpid(); pid > 1; {
		p, ok := readProcess(pid)
		if !ok {
			break
		}
		if pid == parent {
			return pid == os.Getpid() || p.terminal == 0 || p.session != self.session
		}
		pid = p.parent
	}
	return parent <= 1
}

// process is a line of /proc.
type process struct {
	parent, session, terminal int
	start                     uint64
}

func readProcess(pid int) (p process, ok bool) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return p, false
	}
	// The second field is the program's name in parentheses, which may hold anything; the state is the 3rd.
	fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
	if len(fields) < 20 {
		return p, false
	}
	for i, field := range map[int]*int{1: &p.parent, 3: &p.session, 4: &p.terminal} {
		*field, _ = strconv.Atoi(fields[i])
	}
	p.start, err = strconv.ParseUint(fields[19], 10, 64)
	return p, err == nil
}

// isGone reports whether a process has ended, or is about to: it has no environment left. One that we may not read is
// somebody else's and lives.
func isGone(pid int) bool {
	env, err := os.ReadFile(environOf(pid))
	return pid != 1 && len(env) == 0 && !errors.Is(err, fs.ErrPermission)
}

// startedIn reports whether a process was given the folder, or one below it, as its home or for its temporary files.
func startedIn(pid int, folder string) bool {
	env, err := os.ReadFile(environOf(pid))
	if err != nil {
		return false
	}
	for variable := range bytes.SplitSeq(env, []byte{0}) {
		name, value, _ := strings.Cut(string(variable), "=")
		if (name == "HOME" || name == "TMPDIR") && (value == folder || strings.HasPrefix(value, folder+"/")) {
			return true
		}
	}
	return false
}

func environOf(pid int) string { return "/proc/" + strconv.Itoa(pid) + "/environ" }
