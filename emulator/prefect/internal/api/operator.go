package api

import "slices"

// Operator joins the criteria of a filter; its zero value is and_.
type Operator string

// Values are those of the server.
func (Operator) Values() []string { return []string{"and_", "or_"} }

// Join reports whether all criteria hold, or with or_ one. A filter without criteria holds for everything.
func (o Operator) Join(each []bool) bool {
	if o == "or_" && len(each) > 0 {
		return slices.Contains(each, true)
	}
	return !slices.Contains(each, false)
}
