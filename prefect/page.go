package prefect

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// paged is a filter with limit and offset written beside its own fields.
type paged struct {
	filter        any
	limit, offset int
}

func (p paged) MarshalJSON() ([]byte, error) {
	fields := map[string]json.RawMessage{}
	if p.filter != nil {
		encoded, err := json.Marshal(p.filter)
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(encoded, &fields); err != nil {
			return nil, err
		}
	}
	fields["limit"] = fmt.Append(nil, p.limit)
	fields["offset"] = fmt.Append(nil, p.offset)
	return json.Marshal(fields)
}

// Collect reads a whole list into memory, up to its first error.
func Collect[Item any](list iter.Seq2[Item, error]) ([]Item, error) {
	var all []Item
	for item, err := range list {
		if err != nil {
			return nil, err
		}
		all = append(all, item)
	}
	return all, nil
}

// first is the first item of a list, and whether there is one.
func first[Item any](list iter.Seq2[Item, error]) (item Item, ok bool, err error) {
	for item, err := range list {
		return item, err == nil, err
	}
	return item, false, nil
}

// ifFound settles an unclear create of something with a name: done if it is there and looks as it was created. If somebody
// else has made another one of that name, the repeat gets the server's conflict.
func ifFound[Reply any](read func(context.Context) (Reply, error), same func(Reply) bool) func(context.Context) (Reply, bool, error) {
	return func(ctx context.Context) (Reply, bool, error) {
		reply, err := read(ctx)
		if errors.Is(err, ErrNotFound) {
			return reply, false, nil
		}
		if err != nil {
			return reply, false, err
		}
		return reply, same(reply), nil
	}
}
