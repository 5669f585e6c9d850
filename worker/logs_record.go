package worker

import (
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// A container that runs a flow prints what it also sends to the server by itself, in the form of Prefect's console log:
//
//	12:00:00.123 | INFO    | Flow run 'brave-otter' - hello
//	12:00:00.123 | WARNING | prefect.runner - cannot reach the server
//
// Only loggers of flow and task runs send their records. recordReader tells the two apart. After a record of a run the
// lines of a traceback belong to it; any other line is taken for one that the program printed itself, so a message of
// several lines may be there twice, but no line is lost.
type recordReader struct {
	own       bool // the line before belongs to a record that is sent by the flow itself
	traceback bool
}

// read gives a line as a log, and whether the flow sends it by itself.
func (r *recordReader) read(line string) (log prefect.Log, own bool) {
	level, rest, ok := cutRecord(line)
	if !ok {
		return prefect.Log{Name: containerLogger, Level: levelInfo, Message: line}, r.continues(line)
	}
	r.traceback = false
	name, message, ok := strings.Cut(rest, " - ")
	r.own = ok && sends(name)
	if !ok {
		name, message = containerLogger, rest
	}
	return prefect.Log{Name: name, Level: level, Message: message}, r.own
}

// continues reports whether a line that is no record belongs to the record before it.
func (r *recordReader) continues(line string) bool {
	switch {
	case !r.own:
	case strings.HasPrefix(line, "Traceback (most recent call last):"):
		r.traceback = true
		return true
	case !r.traceback:
	case line == "", strings.HasPrefix(line, " "), strings.HasPrefix(line, "During handling of the above"), strings.HasPrefix(line, "The above exception was"):
		return true
	default:
		r.traceback = false // the exception itself is the last line; another traceback may follow
		return true
	}
	return false
}

// Levels as Python numbers them.
const levelInfo = 20

var pythonLevels = map[string]int{"DEBUG": 10, "INFO": levelInfo, "WARNING": 30, "ERROR": 40, "CRITICAL": 50}

// cutRecord splits a line of Prefect's console log after its level.
func cutRecord(line string) (level int, rest string, ok bool) {
	const clock, bar = len("12:00:00.123"), " | "
	if len(line) < clock+len(bar) || line[2] != ':' || line[5] != ':' || line[8] != '.' || line[clock:clock+len(bar)] != bar {
		return 0, "", false
	}
	for i, c := range line[:clock] {
		if (c < '0' || c > '9') && i != 2 && i != 5 && i != 8 {
			return 0, "", false
		}
	}
	name, rest, ok := strings.Cut(line[clock+len(bar):], bar)
	level, known := pythonLevels[strings.TrimSpace(name)]
	return level, rest, ok && known
}

// sends reports whether Prefect sends the records of a logger to the server.
func sends(logger string) bool {
	for _, name := range []string{"Flow run ", "Task run ", "prefect.flow_runs", "prefect.task_runs"} {
		if strings.HasPrefix(logger, name) {
			return true
		}
	}
	return false
}
