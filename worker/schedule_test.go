package worker_test

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// A schedule says in words what happens in one world. It is all that a replay needs: the words of a schedule that failed
// give the same faults again, whatever the order in which goroutines come. The words are:
//
//	world=quota              which of worldSettings the world has; usual if it is left out
//	end=312s                 when the last worker starts that sees everything through; no fault comes later
//	r0=37s                   a flow run whose flow takes 37 s; r0=37s/crash: its container then ends without a report
//	0s:start=w0              at a time, start a worker
//	20s:stop=w0              stop it as SIGTERM does
//	14s:kill=w0              kill it as kill -9 does
//	31s:away=40s             no request reaches the Prefect server for 40 s
//	31s:cut=w0               none of the worker's does for cutFor, so that the others take its runs over while it lives
//	40s:rights=25s           a right works late: for 25 s Azure lets nobody stop or delete a container group
//	50s:evict=r2             evict the container group that the run has at that time; also restart and vanish
//	w0/azure:PUT:group/r1#0=429
//	                         spoil the worker's first (#0) request of that kind for that run; see wireEffects
//
// A fault's place is the kind of the request, its run and its number among those of its kind, and not its number among all.
type schedule []string

func parseSchedule(text string) schedule { return strings.Fields(text) }

func (s schedule) String() string { return strings.Join(s, " ") }

// value is what the word that begins with "key=" says; empty: there is none.
func (s schedule) value(key string) string {
	for _, word := range s {
		if value, ok := strings.CutPrefix(word, key+"="); ok {
			return value
		}
	}
	return ""
}

// end is when the last worker starts.
func (s schedule) end() time.Duration {
	d, _ := time.ParseDuration(cmp.Or(s.value("end"), "5m"))
	return d
}

// A scheduledRun is a word such as r0=37s/crash.
type scheduledRun struct {
	name   string
	length time.Duration
	crash  bool
}

// A scheduledAction is a word such as 14s:kill=w0.
type scheduledAction struct {
	at         time.Duration
	kind, what string
}

var (
	runWord    = regexp.MustCompile(`^(r\d+)=(\d+)s(/crash)?$`)
	actionWord = regexp.MustCompile(`^(\d+)s:(\w+)=(\w+)$`)
	faultWord  = regexp.MustCompile(`^(w\w+/.+)=([^=]+)$`)
)

func seconds(digits string) time.Duration {
	n, _ := strconv.Atoi(digits)
	return time.Duration(n) * time.Second
}

// parts are the words by kind; actions in the order of their times. An error names a word that is none.
func (s schedule) parts() (runs []scheduledRun, actions []scheduledAction, faults map[string]string, err error) {
	faults = map[string]string{}
	for _, word := range s {
		if m := runWord.FindStringSubmatch(word); m != nil {
			runs = append(runs, scheduledRun{m[1], seconds(m[2]), m[3] != ""})
		} else if m := actionWord.FindStringSubmatch(word); m != nil {
			actions = append(actions, scheduledAction{seconds(m[1]), m[2], m[3]})
		} else if m := faultWord.FindStringSubmatch(word); m != nil && wireEffects[m[2]] != (fault{}) {
			faults[m[1]] = m[2]
		} else if !strings.HasPrefix(word, "world=") && !strings.HasPrefix(word, "end=") {
			return nil, nil, nil, fmt.Errorf("schedule: %q is no word of a schedule", word)
		}
	}
	slices.SortStableFunc(actions, func(a, b scheduledAction) int { return cmp.Compare(a.at, b.at) })
	return runs, actions, faults, nil
}

// worldSettings are Azure's settings in the worlds of schedules. The world "limits" has a pool and a deployment that let two
// runs go at once.
var worldSettings = map[string]string{
	"usual":  usualLatency,
	"limits": usualLatency,
	"quota":  `{"latency":{"place":"2s","pull":"20s","start":"1s","stop":"2s","delete":"9s"},"quota":{"containerGroups":2,"enforced":true}}`,
	"throttle": `{"latency":{"place":"2s","pull":"3s","start":"1s","stop":"2s","delete":"3s"},
		"throttle":{"enabled":true,"reads":{"bucket":20,"perSecond":1},"writes":{"bucket":4,"perSecond":1},"deletes":{"bucket":2,"perSecond":1}}}`,
}

// wireEffects are what may become of a request. With a + the server carries the request out all the same.
var wireEffects = map[string]fault{
	"429":   {status: http.StatusTooManyRequests},
	"503":   {status: http.StatusServiceUnavailable},
	"503+":  {status: http.StatusServiceUnavailable, applied: true},
	"drop":  {drop: true},
	"drop+": {drop: true, applied: true},
	// The worker dies right before or right after the server did it. Its heir starts heirAfter later.
	"die":  {before: true},
	"die+": {after: true},
}

// drawn are the effects that seeds draw, so often as they stand here.
var drawn = []string{"429", "429", "429", "503", "503", "503", "503+", "503+", "503+", "drop", "drop", "drop", "drop+", "drop+", "drop+", "die", "die+"}

// firstCut is the first seed whose workers are cut off. Those before have been played since before there was such a word, and give
// what they gave.
const firstCut = 1000

// drawSchedule makes the schedule of a seed, but for its faults on the wires: those are drawn by [drawEffect] when a request
// with their place comes.
func drawSchedule(seed uint64) schedule {
	rng := rand.New(rand.NewPCG(seed, 1))
	s := schedule{"world=" + []string{"usual", "usual", "usual", "quota", "limits", "throttle"}[rng.IntN(6)]}
	runs := 3 + rng.IntN(4)
	for i := range runs {
		crash := ""
		if rng.IntN(6) == 0 {
			crash = "/crash"
		}
		s = append(s, fmt.Sprintf("r%d=%ds%s", i, 1+rng.IntN(240), crash))
	}
	s = append(s, "0s:start=w0")
	workers, at := 1, 0
	for range 12 {
		at += 1 + rng.IntN(40)
		member := fmt.Sprintf("w%d", rng.IntN(workers))
		next := fmt.Sprintf("w%d", workers)
		switch rng.IntN(6) {
		case 0:
			s = append(s, fmt.Sprintf("%ds:kill=%s", at, member), fmt.Sprintf("%ds:start=%s", at, next))
			workers++
		case 1:
			s = append(s, fmt.Sprintf("%ds:start=%s", at, next))
			workers++
		case 2:
			s = append(s, fmt.Sprintf("%ds:%s=r%d", at, []string{"evict", "restart", "vanish"}[rng.IntN(3)], rng.IntN(runs)))
		case 3:
			s = append(s, fmt.Sprintf("%ds:away=%ds", at, 1+rng.IntN(80)))
		case 4:
			s = append(s, fmt.Sprintf("%ds:stop=%s", at, member))
		case 5:
			if seed >= firstCut {
				s = append(s, fmt.Sprintf("%ds:cut=%s", at, member))
			}
		}
	}
	if late := draw(seed, "rights"); late.IntN(4) == 0 {
		s = append(s, fmt.Sprintf("%ds:rights=%ds", late.IntN(at), 1+late.IntN(25)))
	}
	return append(s, fmt.Sprintf("end=%ds", at+1))
}

// drawEffect draws what becomes of the request at a place; empty: nothing. It depends on the seed, the worker and the place
// alone.
func drawEffect(seed uint64, worker, place string) string {
	share := 0.15 * draw(seed, "share of "+worker).Float64()
	rng := draw(seed, place)
	if rng.Float64() >= share {
		return ""
	}
	return drawn[rng.IntN(len(drawn))]
}

func draw(seed uint64, what string) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(what)) // never fails
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

var uuidInPath = regexp.MustCompile(`[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}`)

// callOf names the kind of a request and the run that it is about, as name says; "-": about none, or about several. It is empty
// for signing in.
func callOf(r *http.Request, name func(prefect.ID) string) string {
	path := r.URL.Path
	run := "-"
	for _, id := range uuidInPath.FindAllString(path, -1) {
		run = cmp.Or(name(prefect.ID(id)), run)
	}
	kind := ""
	switch rest, toPrefect := strings.CutPrefix(path, "/api/"); {
	case strings.Contains(path, "oauth2"), strings.Contains(path, "openid"):
		return ""
	case toPrefect:
		kind = "prefect:" + r.Method + ":" + strings.Trim(uuidInPath.ReplaceAllString(rest, "*"), "/")
	case strings.HasSuffix(path, "/logs"), strings.HasSuffix(path, "/attach"), strings.HasSuffix(path, "/stop"), strings.HasSuffix(path, "/usages"):
		kind = "azure:" + r.Method + ":" + path[strings.LastIndexByte(path, '/')+1:]
	case strings.Contains(path, "/operations/"):
		kind = "azure:" + r.Method + ":operation"
	case strings.Contains(path, "/containerGroups/"):
		kind = "azure:" + r.Method + ":group"
	case strings.HasSuffix(path, "/containerGroups"):
		kind = "azure:" + r.Method + ":groups"
	default:
		kind = "azure:" + r.Method + ":other"
	}
	return strings.ReplaceAll(kind, " ", "_") + "/" + run
}
