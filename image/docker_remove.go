package image

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Remove takes the credential for a registry away from where docker looks for it, as docker logout does, and reports
// whether there was one. A file that has nothing to take away stays as it is.
func (d *DockerConfig) Remove(ctx context.Context, server string) (removed bool, err error) {
	fail := func(err error) (bool, error) {
		return false, fmt.Errorf("removing the credential of %s: %w", server, err)
	}
	file, err := d.read()
	if err != nil {
		return fail(err)
	}
	if name := file.helper(key(server)); name != "" {
		found, err := getWith(ctx, name, key(server))
		if err != nil {
			return fail(err)
		}
		if !found.Empty() {
			if said, err := runHelper(ctx, name, "erase", []byte(key(server))); err != nil {
				return fail(failed(err, string(said)))
			}
			removed = true
		}
	}
	keys := file.keys(key(server))
	if len(keys) == 0 {
		return removed, nil
	}
	for _, one := range keys {
		delete(file.rest, one)
	}
	if err := d.write(file); err != nil {
		return fail(err)
	}
	return true, nil
}

// keys are the names of a registry's entries: its own, and addresses of it, which older versions of docker wrote.
func (c *content) keys(server string) []string {
	return slices.DeleteFunc(slices.Collect(maps.Keys(c.rest)), func(address string) bool {
		host := strings.TrimPrefix(strings.TrimPrefix(address, "https://"), "http://")
		host, _, _ = strings.Cut(host, "/")
		return address != server && host != server
	})
}

// set gives a registry an entry.
func (c *content) set(server string, entry authEntry) error {
	raw, err := json.Marshal(entry)
	c.rest[server] = raw
	return err
}
