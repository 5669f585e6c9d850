// Package view is how the records of package db look on the wire, in replies and in events.
//
// In replies they look so where that is more than their own fields: with the names of what they belong to, with what is
// computed at the moment, and with an empty list where nobody has set one. Those functions are named after the record.
//
// The functions that begin with Emit make the event that says what happened to a record and give it to db.DB's Emit. They
// want the records' lock.
package view

import "encoding/json"

// jsonOr gives a default for a field that nobody has set.
func jsonOr(text json.RawMessage, otherwise string) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage(otherwise)
	}
	return text
}

// List is a list of texts, which is never null.
func List(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

// Labels is an object of labels, which is never null.
func Labels(labels map[string]any) map[string]any {
	if labels == nil {
		return map[string]any{}
	}
	return labels
}
