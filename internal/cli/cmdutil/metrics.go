package cmdutil

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
)

// metricsType is Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats).
const metricsType = "text/plain; version=0.0.4; charset=utf-8"

// MetricKind is counter or gauge.
type MetricKind string

// What a metric can be: what only grows, and what goes up and down.
const (
	Counter MetricKind = "counter"
	Gauge   MetricKind = "gauge"
)

// Metric is one name with its values.
type Metric struct {
	Name, Help string
	Kind       MetricKind
	Samples    []Sample
}

// Sample is one value, with a label where a metric has several. Label is empty: it has none.
type Sample struct {
	Label, LabelValue string
	Value             float64
}

// Single is a metric with one value.
func Single(kind MetricKind, name, help string, value int) Metric {
	return Metric{Name: name, Help: help, Kind: kind, Samples: []Sample{{Value: float64(value)}}}
}

var (
	metricHelp  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	metricLabel = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

// writeMetrics is the text of metrics.
func writeMetrics(all []Metric) []byte {
	var b bytes.Buffer
	for _, m := range all {
		fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %s %s\n", m.Name, metricHelp.Replace(m.Help), m.Name, m.Kind)
		for _, s := range m.Samples {
			b.WriteString(m.Name)
			if s.Label != "" {
				fmt.Fprintf(&b, `{%s="%s"}`, s.Label, metricLabel.Replace(s.LabelValue))
			}
			b.WriteString(" " + strconv.FormatFloat(s.Value, 'f', -1, 64) + "\n")
		}
	}
	return b.Bytes()
}
