// Package supervise does the work of a container's first process: it runs one program, hands on signals to it, and waits for
// every process that loses its parent.
//
// A kernel gives the first process no default actions for signals, and makes it the parent of all orphans. A program that
// expects neither ignores SIGTERM until it is killed, and collects zombies.
package supervise

// End is how a program ended.
type End struct {
	// Code is its exit code, or 128 and the signal's number, as shells have it.
	Code int
	// Signal is the one that killed it, in words such as killed; empty if it exited.
	Signal string
}
