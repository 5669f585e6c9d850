//go:build unix

package process

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
)

// watchdog is a small shell that outlives us if we are killed: its input then ends, and it kills the process groups
// that are still alive and removes the scratch folders. The kernel's own way (Pdeathsig) reaches only the first process
// of each container, not a program that its shell has started.
//
//	add, forget ──▶ "+ PID", "- PID" ──▶ it keeps the list ── its input ends ─┬─ by close: the list is empty, the folder gone
//	                                                                          └─ we were killed: it kills and removes
type watchdog struct {
	mu    sync.Mutex
	input *os.File // nil where there is no shell: then Pdeathsig is all there is
	cmd   *exec.Cmd
}

// watch reads "+ PID" and "- PID" lines to the end of its input; $1 is the scratch folder, which is there still where
// we have been killed. On Linux the daemons that have left their groups are then found by the rule of killStrays; who
// adopts them has adopted the watchdog too.
const watch = `dir=$1
marked() { tr '\0' '\n' <"/proc/$1/environ" | grep -q -e "^HOME=$dir/" -e "^TMPDIR=$dir/"; }
gone() { test ! -e "/proc/$1" || { test -r "/proc/$1/environ" && ! grep -q . "/proc/$1/environ"; }; }
stat() { read -r line <"/proc/$1/stat" && set -- ${line##*) } && parent=$2 session=$4 start=${20}; }
ours() {
  marked "$1" && stat "$1" && test "$start" -ge "$born" || return 1
  test "$session" = "$1" || gone "$session" || marked "$session" || return 1
  test "$parent" -le 1 || test "$parent" = "$adopter" || gone "$parent" || marked "$parent"
}
pids=' '
while read -r op pid; do
  case $op in
    +) pids="$pids$pid " ;;
    -) case $pids in *" $pid "*) pids="${pids%%" $pid "*} ${pids#*" $pid "}" ;; esac ;;
  esac
done
for pid in $pids; do kill -9 "-$pid"; done
if test -d "$dir"; then
  n=0
  while stat $$ && test "$parent" = "$PPID" && test $n -lt 20; do n=$((n+1)); sleep 0.1; done
  adopter=$parent born=$start
  for env in $(grep -lsF "=$dir/" /proc/[0-9]*/environ); do
    env=${env#/proc/} env=${env%/environ}
    ours "$env" && kill -9 "$env"
  done
  rm -rf "$dir" || { sleep 1; rm -rf "$dir"; }
fi`

func newWatchdog(folder string) *watchdog {
	w := &watchdog{}
	r, input, err := os.Pipe()
	if err != nil {
		return w
	}
	defer r.Close()
	w.cmd = &exec.Cmd{
		Path: "/bin/sh", Args: []string{"sh", "-c", watch, "pacific-watchdog", folder},
		Env: []string{"PATH=" + defaultPath}, Dir: "/", Stdin: r,
		SysProcAttr: &syscall.SysProcAttr{Setsid: true}, // Ctrl-C is not for it
	}
	if err := w.cmd.Start(); err != nil {
		input.Close()
		return w
	}
	w.input = input
	return w
}

func (w *watchdog) add(pid int)    { w.tell('+', pid) }
func (w *watchdog) forget(pid int) { w.tell('-', pid) }

func (w *watchdog) tell(op rune, pid int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.input != nil {
		_, _ = fmt.Fprintf(w.input, "%c %d\n", op, pid)
	}
}

func (w *watchdog) close() {
	if w.input != nil {
		w.input.Close()
		_ = w.cmd.Wait()
	}
}
