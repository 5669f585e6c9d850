package azure

import (
	"context"
	"fmt"
)

// Read asks as [Repeat] does, and returns what was read; nil if Azure says that it is not there.
func Read[T any](ctx context.Context, o RepeatOptions, ask func(context.Context) (T, error)) (*T, error) {
	var found T
	err := Repeat(ctx, o, func(ctx context.Context) (err error) {
		found, err = ask(ctx)
		return err
	})
	if Missing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", o.For, err)
	}
	return &found, nil
}

// Missing reports whether an error says that a thing is not there; false for nil.
func Missing(err error) bool {
	e := Explain(err)
	return e != nil && e.NotFound()
}

// Text is what p points to, as the SDK has its texts; empty for nil.
func Text[S ~string](p *S) string {
	if p == nil {
		return ""
	}
	return string(*p)
}

// Tags are the tags that the SDK gives; one without a value is empty.
func Tags(tags map[string]*string) map[string]string {
	in := make(map[string]string, len(tags))
	for name, value := range tags {
		in[name] = Text(value)
	}
	return in
}

// SDKTags are tags as the SDK wants them.
func SDKTags(tags map[string]string) map[string]*string {
	out := make(map[string]*string, len(tags))
	for name, value := range tags {
		out[name] = new(value)
	}
	return out
}
