package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// LocationError is a region that has no container groups, or that there is not.
type LocationError struct {
	// Location is what was asked for.
	Location string
	// Known are the regions that have container groups, as Azure's ids spell them.
	Known []string
}

// Error names the region.
func (e *LocationError) Error() string {
	return fmt.Sprintf("no container groups can be made in location %q", e.Location)
}

// ElsewhereError is a resource group that is in another region than the one that was asked for. A group cannot be moved.
type ElsewhereError struct {
	Group, Location string
	// Asked is the region that was asked for.
	Asked string
}

// Error names both regions.
func (e *ElsewhereError) Error() string {
	return fmt.Sprintf("resource group %s is in %s, not in %s", e.Group, e.Location, e.Asked)
}

// RegionName is a region as Azure's ids spell it: "West Europe" is westeurope.
func RegionName(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }

// checkRegion refuses a region that somebody has named, or in which the resource group is to be made, if no container
// group can be there. Azure would say so after the first of the resources was made, or only when a run starts.
func (p *Provisioner) checkRegion(ctx context.Context, s *state) error {
	if s.regionChecked || p.o.Regions == nil || s.group != nil && s.request.Location == "" {
		return nil
	}
	names, err := p.o.Regions(ctx)
	if Forbidden(err) {
		return nil // who may not read the list may still make the resources
	}
	if err != nil {
		return err
	}
	s.regionChecked = true
	known := make([]string, 0, len(names))
	for _, name := range names {
		known = append(known, RegionName(name))
	}
	if len(known) > 0 && !slices.Contains(known, RegionName(s.location)) {
		return &LocationError{Location: s.location, Known: known}
	}
	return nil
}
