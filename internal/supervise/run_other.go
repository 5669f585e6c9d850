//go:build !linux

package supervise

import "errors"

// Run is for Linux, where containers have a first process of their own.
func Run(string, []string, []string) (End, error) { return End{}, errors.ErrUnsupported }
