package containers

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// A kubelet's defaults for what a probe leaves out.
const (
	probePeriod    = 10 // seconds
	probeTimeout   = 1  // second
	probeThreshold = 3  // failures
)

// maxProbeOutput is how much of a probe's answer an event shows, in bytes.
const maxProbeOutput = 1000

// probe refuses what a probe of a definition lacks, and writes the scheme as Azure shows it.
func (c *checker) probe(container string, p *probe) error {
	wrong := func(why string) error {
		return c.bad("InvalidProbe", "The probe of container '%s' in container group '%s' is invalid: %s.", container, c.group, why)
	}
	switch {
	case p == nil:
		return nil
	case (p.Exec == nil) == (p.HTTPGet == nil):
		return wrong("it must have exactly one of 'exec' and 'httpGet'")
	case p.Exec != nil && len(p.Exec.Command) == 0:
		return wrong("the 'command' of 'exec' is required")
	case p.HTTPGet != nil && (p.HTTPGet.Port < 1 || p.HTTPGet.Port > 65535):
		return wrong("the 'port' of 'httpGet' must be from 1 to 65535")
	case min(p.InitialDelaySeconds, p.PeriodSeconds, p.FailureThreshold, p.SuccessThreshold, p.TimeoutSeconds) < 0:
		return wrong("its numbers must not be negative")
	}
	if h := p.HTTPGet; h != nil && h.Scheme != "" {
		var ok bool
		if h.Scheme, ok = arm.OneOf(h.Scheme, "http", "https"); !ok {
			return wrong("the 'scheme' of 'httpGet' must be 'http' or 'https'")
		}
	}
	return nil
}

// probe asks a started container's probes until the function that it returns is called, which waits for the last answer.
//
//	liveness   failureThreshold failures in a row stop the container; the restart policy decides what follows
//	readiness  each failure is an event and nothing else: no traffic is led here that could be kept away
func (d *driver) probe(live running) (stop func()) {
	p := d.container.body.Properties
	ctx, cancel := context.WithCancel(d.inc.ctx)
	var asking sync.WaitGroup
	if p.LivenessProbe != nil {
		asking.Go(func() {
			d.ask(ctx, "Liveness", p.LivenessProbe, live, cmp.Or(p.LivenessProbe.FailureThreshold, probeThreshold))
			if ctx.Err() == nil {
				d.group.say(d.container, eventKilling, "Container "+d.container.body.Name+" failed liveness probe, will be restarted", typeNormal)
				live.container.Stop(d.group.svc.stopGrace)
			}
		})
	}
	if p.ReadinessProbe != nil {
		// A container that is not ready goes on running.
		asking.Go(func() { d.ask(ctx, "Readiness", p.ReadinessProbe, live, math.MaxInt) })
	}
	return func() { cancel(); asking.Wait() }
}

// ask asks one probe at its times, and returns when it has failed that often in a row, or when ctx ends. The period is the
// wait after an answer, so that a slow answer does not make two at once. successThreshold is read and not used: liveness
// allows only 1, and readiness leads nothing.
func (d *driver) ask(ctx context.Context, what string, p *probe, live running, threshold int) {
	if p.HTTPGet != nil && !d.group.svc.engine.OnLoopback() {
		d.group.say(d.container, "ProbeSkipped", what+" probe by httpGet is not asked: this engine's containers cannot be reached from here", typeWarning)
		<-ctx.Done()
		return
	}
	if faults.Sleep(ctx, time.Duration(p.InitialDelaySeconds)*time.Second) != nil {
		return
	}
	period := time.Duration(cmp.Or(p.PeriodSeconds, probePeriod)) * time.Second
	for failures := 0; ; {
		err := d.askOnce(ctx, p, live)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			failures = 0
		default:
			d.group.say(d.container, eventUnhealthy, what+" probe failed: "+err.Error(), typeWarning)
			if failures++; failures >= threshold {
				return
			}
		}
		if faults.Sleep(ctx, period) != nil {
			return
		}
	}
}

// askOnce asks a probe. One that takes longer than its timeout has failed.
func (d *driver) askOnce(ctx context.Context, p *probe, live running) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(cmp.Or(p.TimeoutSeconds, probeTimeout))*time.Second)
	defer cancel()
	if p.HTTPGet != nil {
		return askHTTP(ctx, p.HTTPGet)
	}
	var out bytes.Buffer
	spec := engine.ExecSpec{Command: strings.Join(p.Exec.Command, " "), Args: p.Exec.Command, Output: &out}
	code, err := live.container.Exec(ctx, spec)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("command %q timed out", p.Exec.Command[0])
	case err != nil:
		return err
	case code != 0:
		return fmt.Errorf("command exited with code %d: %s", code, bytes.ToValidUTF8(out.Bytes()[:min(out.Len(), maxProbeOutput)], nil))
	}
	return nil
}

// askHTTP wants an answer of 200 to 399.
func askHTTP(ctx context.Context, p *httpGet) error {
	address := url.URL{Scheme: strings.ToLower(cmp.Or(p.Scheme, "http")), Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(p.Port))}
	way, err := url.Parse("/" + strings.TrimPrefix(p.Path, "/"))
	if err != nil {
		return fmt.Errorf("the path %q is not a URL path", p.Path)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.ResolveReference(way).String(), nil)
	if err != nil {
		return err
	}
	for _, h := range p.HTTPHeaders {
		req.Header.Add(h.Name, h.Value)
	}
	resp, err := probeClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxProbeOutput))
	if resp.StatusCode < 200 || resp.StatusCode >= 400 {
		return fmt.Errorf("HTTP probe failed with statuscode: %d", resp.StatusCode)
	}
	return nil
}

// probeClient follows no redirect and takes any certificate, as a kubelet does; it keeps no connection.
var probeClient = &http.Client{
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
}
