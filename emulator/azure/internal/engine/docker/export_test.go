package docker

import "time"

// Hurry shortens what the engine waits for a silent daemon.
func (e *Engine) Hurry(silence, look time.Duration) { e.silence, e.inspectEvery = silence, look }
