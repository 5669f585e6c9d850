package cmdutil

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ReadInput reads what a flag, or the one argument if flag is "", names: a file, or standard input for "-". UTF-16 with its
// mark becomes UTF-8. More than limit bytes are refused, and so is text that is not UTF-8 then: it is to become JSON.
func (a *App) ReadInput(ctx context.Context, flag, name string, limit int64) ([]byte, error) {
	from, err := a.OpenInput(ctx, name)
	if err != nil {
		return nil, inputError(ctx, flag, err, "give a file, or - for standard input")
	}
	defer from.Close()
	what := flag + " " + name
	if flag == "" {
		what = InputName(name)
	}
	text, err := io.ReadAll(io.LimitReader(from, limit+1))
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", what, err)
	}
	if int64(len(text)) > limit {
		return nil, Usage(fmt.Sprintf("%s is over %d bytes", what, limit), "such a file is much smaller: is this the right one?")
	}
	text = plainText(text)
	if err := RefuseInvalidUTF8(what, string(text)); err != nil {
		return nil, err
	}
	return text, nil
}

// InputName is what people call an input: its name, or standard input for "-".
func InputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return name
}

// inputError says that what a flag names cannot be opened; hint says what to give.
func inputError(ctx context.Context, flag string, err error, hint string) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if flag == "" {
		return Usage(err.Error(), hint)
	}
	return Usage(flag+": "+err.Error(), hint)
}

// OpenInput opens what a flag names: a file, or standard input for "-". Opening it and each read of it end with ctx: a named
// pipe that nobody writes to, or a terminal, would otherwise hold up a signal for ever.
func (a *App) OpenInput(ctx context.Context, name string) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(endsWith{ctx, a.Env.Stdin}), nil
	}
	file, err := a.open(ctx, name)
	if err != nil {
		return nil, err
	}
	return struct {
		io.Reader
		io.Closer
	}{endsWith{ctx, file}, file}, nil
}

// open opens a file. A folder is refused here: it opens, and then every read of it fails.
func (a *App) open(ctx context.Context, name string) (*os.File, error) {
	return await(ctx, func() (*os.File, error) {
		file, err := os.Open(a.Path(name))
		if err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err == nil && info.IsDir() {
			file.Close()
			return nil, &os.PathError{Op: "open", Path: a.Path(name), Err: errors.New("is a directory")}
		}
		return file, nil
	})
}

// endsWith is a reader whose reads end with ctx, though the reader itself may block.
type endsWith struct {
	ctx context.Context
	r   io.Reader
}

func (e endsWith) Read(p []byte) (int, error) {
	read, err := await(e.ctx, func() ([]byte, error) {
		own := make([]byte, min(len(p), 64<<10)) // p belongs to the caller again if ctx ends first
		n, err := e.r.Read(own)
		return own[:n], err
	})
	return copy(p, read), err
}

// await calls f, and returns without its result if ctx ends first: what blocks in the operating system cannot be ended.
func await[T any](ctx context.Context, f func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := f()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// Path finds a file that a flag names.
func (a *App) Path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(a.Env.Dir, name)
}
