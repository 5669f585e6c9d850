//go:build !linux

package cli

// ReleasePages does nothing: only Linux is known to count pages of the program's file as the process's memory for good.
func ReleasePages() {}
