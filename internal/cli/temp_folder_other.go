//go:build !linux

package cli

// UseTempFolder does nothing: only containers on Linux lack a folder for temporary files.
func UseTempFolder() {}
