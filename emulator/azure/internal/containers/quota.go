package containers

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// region sums what a region's groups take. Stopped and ended groups count as groups, which is
// how finished ones fill a quota, but hold no cores.
func (s *Service) region(location string, except *group) (groups int, cores float64) {
	for _, g := range s.groups(arm.Filter{}) {
		if g.location != location || g == except {
			continue
		}
		groups++
		g.mu.Lock()
		if !g.ended() {
			cpu, _ := total(g.spec.Properties)
			cores += cpu
		}
		g.mu.Unlock()
	}
	return groups, cores
}

func (s *Service) checkGroups(g *group) error {
	quota := s.core.Faults.Settings().Quota
	if !quota.Enforced { // counting all groups at each create would make many of them slow
		return nil
	}
	if groups, _ := s.region(g.location, g); groups+1 > quota.ContainerGroups {
		return quotaReached("ContainerGroups", g.location, []float64{float64(quota.ContainerGroups), float64(groups), 1})
	}
	return nil
}

// checkCores decides whether a group may take its cores; what it holds now does not count.
func (s *Service) checkCores(g *group, body *groupBody) error {
	quota := s.core.Faults.Settings().Quota
	if !quota.Enforced {
		return nil
	}
	_, used := s.region(g.location, g)
	cpu, _ := total(body.Properties)
	if used+cpu > float64(quota.StandardCores) {
		return quotaReached("StandardCores", g.location, []float64{float64(quota.StandardCores), used, cpu})
	}
	return nil
}

// quotaReached is Azure's error, in whole cores. n is limit, usage and request.
func quotaReached(name, location string, n []float64) error {
	return arm.Errorf(http.StatusBadRequest, "ContainerGroupQuotaReached", "Resource type '%s' container group quota '%s' exceeded in region '%s'. Limit: '%d', Usage: '%d' Requested: '%d'.",
		groupType, name, location, int(n[0]), int(math.Ceil(n[1])), int(math.Ceil(n[2])))
}

// count enters a create or delete against the limits by the hour and by five minutes.
func (s *Service) count(what faults.Counted, location string) error {
	err := s.core.Faults.Count(what, s.core.SubscriptionID(), location)
	rate, ok := errors.AsType[*faults.RateError](err)
	if !ok {
		return err
	}
	e := arm.Errorf(http.StatusTooManyRequests, "TooManyRequests", "Too many %s of container groups in region '%s': the limit is %d in %d minutes. Please retry after %d seconds.",
		what, location, rate.Limit, int(rate.Window.Minutes()), int(math.Ceil(rate.RetryAfter.Seconds())))
	e.Header = http.Header{}
	faults.RetryAfter(e.Header, rate.RetryAfter)
	return e
}

// remaining adds how many creates of a region the limits leave.
func (s *Service) remaining(h http.Header, location string) http.Header {
	in5Minutes, inHour := s.core.Faults.Remaining(faults.Creates, s.core.SubscriptionID(), location)
	h.Set("X-Ms-Ratelimit-Remaining-Subscription-Resource-Requests-Pt5m", strconv.Itoa(in5Minutes))
	h.Set("X-Ms-Ratelimit-Remaining-Subscription-Resource-Requests-Pt1h", strconv.Itoa(inHour))
	return h
}

// checkLabel refuses a DNS label that another group of the region has. Only the scope
// Unsecure, which is the default, shares names.
func (s *Service) checkLabel(g *group, body *groupBody) error {
	ip := body.Properties.IPAddress
	if ip == nil || ip.DNSNameLabel == "" {
		return nil
	}
	wanted := g.fqdn(*ip)
	for _, other := range s.groups(arm.Filter{}) {
		if other == g {
			continue
		}
		taken := other.definition().Properties.IPAddress
		if taken != nil && taken.DNSNameLabel != "" && strings.EqualFold(other.fqdn(*taken), wanted) {
			return arm.BadRequest("DnsNameLabelNotAvailable", "The DNS name label '%s' of container group '%s' is not available in region '%s'.", ip.DNSNameLabel, g.id.Name(), g.location)
		}
	}
	return nil
}
