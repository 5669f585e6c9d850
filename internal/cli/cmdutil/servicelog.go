package cmdutil

import (
	"log/slog"
	"time"

	"github.com/pacific-aci/pacific/internal/config"
)

// ServiceLog is where a command that runs for days says what it does: lines on standard error, as JSON with --output json.
// The time is in seconds: that is what a person compares.
func (a *App) ServiceLog(settings *config.Config) *slog.Logger {
	o := &slog.HandlerOptions{ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) == 0 && attr.Key == slog.TimeKey {
			attr.Value = slog.StringValue(attr.Value.Time().Format(time.RFC3339))
		}
		return attr
	}}
	if settings.Get("output") == "json" {
		return slog.New(slog.NewJSONHandler(a.Stderr, o))
	}
	return slog.New(slog.NewTextHandler(a.Stderr, o))
}
