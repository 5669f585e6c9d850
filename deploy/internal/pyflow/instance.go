package pyflow

import (
	"encoding/json"
	"fmt"
	"math/big"
	"path"
	"strings"
	"time"
)

// instance is the JSON of a call that makes a value of a library type from literals, such as date(2020, 1, 2).
func (r *reader) instance(e *expr) any {
	of := meaning{}
	if e.x.kind == nameExpr || e.x.kind == attribute {
		of = r.resolve(e.x)
	}
	if of.local != nil {
		return r.construct(of, e)
	}
	var text string
	var ok bool
	switch of.external {
	case "pathlib.Path", "pathlib.PurePath", "pathlib.PosixPath", "pathlib.PurePosixPath":
		text, ok = r.only(e)
		ok = ok && (path.Clean(text) == text)
	case "uuid.UUID":
		text, ok = r.only(e)
		ok = ok && isUUID(text)
	case "decimal.Decimal":
		text, ok = r.only(e)
		ok = ok && isPlainDecimal(text)
	case "datetime.date":
		text, ok = r.date(e, 3)
	case "datetime.datetime":
		text, ok = r.date(e, 6)
	case "datetime.time":
		text, ok = r.clock(e)
	case "datetime.timedelta":
		text, ok = r.duration(e)
	case "builtins.list", "builtins.tuple", "builtins.set", "builtins.frozenset":
		if len(e.items)+len(e.keywords) == 0 {
			return []any{}
		}
	case "builtins.dict":
		if len(e.items)+len(e.keywords) == 0 {
			return map[string]any{}
		}
	case "builtins.str":
		if len(e.items)+len(e.keywords) == 0 {
			return ""
		}
	}
	if !ok {
		failf(e.at, hintSchema, "%s is not a literal", describeExpr(e))
	}
	r.instances++
	return text
}

// only is the single text argument of a call.
func (r *reader) only(e *expr) (string, bool) {
	if len(e.items) != 1 || len(e.keywords) != 0 {
		return "", false
	}
	text, ok := r.literal(e.items[0]).(string)
	return text, ok
}

// isUUID reports whether text is a UUID as str(UUID) writes it.
func isUUID(text string) bool {
	if len(text) != 36 {
		return false
	}
	for i := range len(text) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash != (text[i] == '-') || !dash && (!digitBelow(text[i], 16) || text[i] >= 'A' && text[i] <= 'F') {
			return false
		}
	}
	return true
}

// isPlainDecimal reports whether str(Decimal(text)) is text: digits with at most one point inside and no exponent. Few
// enough decimals that Python does not write an exponent either.
func isPlainDecimal(text string) bool {
	whole, fraction, point := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (whole == "0" || whole[0] != '0') && (!point || digits(fraction)) && len(fraction) <= 6
}

// date is the ISO form of date(y, m, d) or datetime(y, m, d, H, M, S), with at most most arguments.
func (r *reader) date(e *expr, most int) (string, bool) {
	zone := ""
	if len(e.keywords) == 1 && e.keywords[0].name == "tzinfo" && most > 3 && r.isUTC(e.keywords[0].value) {
		zone = "Z"
	} else if len(e.keywords) != 0 {
		return "", false
	}
	part, ok := r.parts(e.items, 3, most)
	if !ok {
		return "", false
	}
	const isoDate, isoTime = "2006-01-02", "2006-01-02T15:04:05"
	at := time.Date(part[0], time.Month(part[1]), part[2], part[3], part[4], part[5], 0, time.UTC)
	exact := at.Year() == part[0] && int(at.Month()) == part[1] && at.Day() == part[2] && at.Hour() == part[3] &&
		at.Minute() == part[4] && at.Second() == part[5]
	if most == 3 {
		return at.Format(isoDate), exact && part[0] > 0
	}
	return at.Format(isoTime) + zone, exact && part[0] > 0
}

// parts are the numbers of a date or a time, from least to most of them; those that are left out are 0.
func (r *reader) parts(items []*expr, least, most int) (part [6]int, ok bool) {
	if len(items) < least || len(items) > most {
		return part, false
	}
	for i, item := range items {
		number, isNumber := r.literal(item).(json.Number)
		if !isNumber {
			return part, false
		}
		value, err := number.Int64()
		if err != nil || value < 0 || value > 9999 {
			return part, false
		}
		part[i] = int(value)
	}
	return part, true
}

// isUTC reports whether an expression is the time zone UTC of Python's own.
func (r *reader) isUTC(e *expr) bool {
	if e.kind != nameExpr && e.kind != attribute {
		return false
	}
	external := r.resolve(e).external
	return external == "datetime.timezone.utc" || external == "datetime.UTC"
}

// clock is the ISO form of time(H, M, S).
func (r *reader) clock(e *expr) (string, bool) {
	part, ok := r.parts(e.items, 0, 3)
	ok = ok && len(e.keywords) == 0 && part[0] < 24 && part[1] < 60 && part[2] < 60
	return fmt.Sprintf("%02d:%02d:%02d", part[0], part[1], part[2]), ok
}

// timedeltaArguments are the positional arguments of timedelta, with how many seconds each counts; 0 is not read.
var timedeltaArguments = []struct {
	name    string
	seconds int64
}{{"days", 86400}, {"seconds", 1}, {"microseconds", 0}, {"milliseconds", 0}, {"minutes", 60}, {"hours", 3600}, {"weeks", 604800}}

// duration is the ISO form of a timedelta of whole seconds, as pydantic writes it: P1DT2H30M. Pydantic counts 365 days as
// a year, so only shorter ones are read, and no negative ones.
func (r *reader) duration(e *expr) (string, bool) {
	total := new(big.Int)
	add := func(value *expr, seconds int64) bool {
		amount := r.integer(value)
		if amount == nil || seconds == 0 {
			return false
		}
		total.Add(total, new(big.Int).Mul(amount, big.NewInt(seconds)))
		return true
	}
	for i, item := range e.items {
		if i >= len(timedeltaArguments) || !add(item, timedeltaArguments[i].seconds) {
			return "", false
		}
	}
	for _, k := range e.keywords {
		seconds := int64(0)
		for _, argument := range timedeltaArguments {
			if argument.name == k.name {
				seconds = argument.seconds
			}
		}
		if !add(k.value, seconds) {
			return "", false
		}
	}
	if !total.IsInt64() || total.Sign() < 0 || total.Int64() >= 365*86400 {
		return "", false
	}
	return isoDuration(total.Int64()), true
}

func isoDuration(seconds int64) string {
	if seconds == 0 {
		return "PT0S"
	}
	var text strings.Builder
	text.WriteString("P")
	if days := seconds / 86400; days > 0 {
		fmt.Fprintf(&text, "%dD", days)
	}
	seconds %= 86400
	if seconds > 0 {
		text.WriteString("T")
	}
	for _, unit := range []struct {
		size int64
		name string
	}{{3600, "H"}, {60, "M"}, {1, "S"}} {
		if count := seconds / unit.size; count > 0 {
			fmt.Fprintf(&text, "%d%s", count, unit.name)
		}
		seconds %= unit.size
	}
	return text.String()
}
