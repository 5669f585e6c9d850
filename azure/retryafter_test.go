package azure_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/azure"
)

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 7, 14, 12, 0, 0, 0, time.UTC)
	tests := map[string]struct {
		header map[string]string
		want   time.Duration
	}{
		"none":                {},
		"seconds":             {map[string]string{"Retry-After": "17"}, 17 * time.Second},
		"blanks":              {map[string]string{"Retry-After": " 17 "}, 17 * time.Second},
		"fraction":            {map[string]string{"Retry-After": "0.5"}, 500 * time.Millisecond},
		"zero is absent":      {map[string]string{"Retry-After": "0"}, 0},
		"negative is absent":  {map[string]string{"Retry-After": "-3"}, 0},
		"date":                {map[string]string{"Retry-After": "Tue, 14 Jul 2026 12:01:30 GMT"}, 90 * time.Second},
		"date gone by":        {map[string]string{"Retry-After": "Tue, 14 Jul 2026 11:00:00 GMT"}, 0},
		"date far ahead":      {map[string]string{"Retry-After": "Tue, 14 Jul 2037 11:00:00 GMT"}, time.Hour},
		"milliseconds":        {map[string]string{"retry-after-ms": "100"}, 100 * time.Millisecond},
		"Azure milliseconds":  {map[string]string{"x-ms-retry-after-ms": "250"}, 250 * time.Millisecond},
		"the finer one first": {map[string]string{"retry-after-ms": "1500", "Retry-After": "2"}, 1500 * time.Millisecond},
		"bad finer one":       {map[string]string{"retry-after-ms": "soon", "Retry-After": "2"}, 2 * time.Second},
		"words":               {map[string]string{"Retry-After": "soon"}, 0},
		"not a number":        {map[string]string{"Retry-After": "NaN"}, 0},
		"for ever":            {map[string]string{"Retry-After": "+Inf"}, time.Hour},
		"more than an hour":   {map[string]string{"Retry-After": "86400"}, time.Hour},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			h := http.Header{}
			for k, v := range tt.header {
				h.Set(k, v)
			}
			if got := azure.RetryAfter(h, now); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "0.001", "-1", "1e300", "NaN", "Tue, 14 Jul 2026 12:01:30 GMT", ""} {
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, seconds, millis string) {
		h := http.Header{"Retry-After": {seconds}, "Retry-After-Ms": {millis}}
		if got := azure.RetryAfter(h, time.Unix(0, 0)); got < 0 || got > time.Hour {
			t.Errorf("got %v, want within an hour", got)
		}
	})
}
