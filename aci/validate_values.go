package aci

import (
	"fmt"
	"math"
	"net/netip"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// The right forms of resource ids, as errors show them.
const (
	identityForm = "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME"
	subnetForm   = "/subscriptions/SUBSCRIPTION/resourceGroups/GROUP/providers/Microsoft.Network/virtualNetworks/NETWORK/subnets/NAME"
)

// checkSize checks cores, memory and GPUs of the main container. The sum over a group is checkBase's.
func (j Job) checkSize(p *problems) {
	if j.CPU != 0 {
		checkCPU(p, "CPU", j.CPU)
	}
	if j.MemoryGB != 0 {
		checkMemory(p, "MemoryGB", j.MemoryGB)
	}
	switch {
	case j.GPUCount < 0:
		p.add("GPUCount", strconv.Itoa(j.GPUCount), "must not be negative", "")
	case j.GPUCount > math.MaxInt32:
		p.add("GPUCount", strconv.Itoa(j.GPUCount), "must be a number of GPUs", "for example 1")
	case j.GPUCount > 0 && j.GPUSKU == "":
		p.note(&InvalidError{Field: "GPUSKU", Other: "GPUCount", Rule: "is required with GPUCount", Want: "K80, P100 or V100"})
	case j.GPUCount == 0 && j.GPUSKU != "":
		p.note(&InvalidError{Field: "GPUCount", Other: "GPUSKU", Rule: "is required with GPUSKU", Want: "for example 1"})
	}
}

func checkCPU(p *problems, field string, cores float64) {
	if !(cores > 0 && cores <= maxCPU) {
		p.add(field, number(cores), fmt.Sprintf("must be more than 0 and at most %d cores", maxCPU), "for example 1 or 0.5")
	}
}

// checkMemory: "The memory requirement should be in increments of 0.1 GB" is ACI's own refusal.
func checkMemory(p *problems, field string, gb float64) {
	tenths := gb * 10
	if !(gb > 0 && gb <= maxMemoryGB) || math.Abs(tenths-math.Round(tenths)) > 1e-6 {
		p.add(field, number(gb), fmt.Sprintf("must be more than 0 and at most %d GB, in steps of 0.1", maxMemoryGB), "for example 1.5")
	}
}

// number writes a float as people do.
func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }

func (j Job) checkRegistries(p *problems) {
	seen := map[string]int{}
	for i, r := range j.Registries {
		field := fields.At("Registries", i)
		if checkServer(p, field+".Server", r) {
			server := sameHub(r.server())
			if first, twice := seen[server]; twice {
				other := fields.At("Registries", first)
				p.note(&InvalidError{Field: field + ".Server", Value: server, Other: other, Rule: "is the server of " + other + " too", Want: "each server once"})
			} else {
				seen[server] = i
			}
		}
		user := r.Username != "" || r.Password != ""
		switch {
		case user && r.Identity != "":
			p.add(field, "", "has both a user and an identity", "either Username and Password, or Identity")
		case r.Identity != "":
			checkIdentity(p, field+".Identity", r.Identity)
		case !user:
			p.add(field, "", "has neither a user nor an identity", "Username and Password, or Identity")
		case r.Password == "":
			p.add(field+".Password", "", "must be given with a Username", "")
		case r.Username == "":
			p.add(field+".Username", "", "must be given with a Password", "")
		}
		checkText(p, field+".Username", r.Username)
		checkText(p, field+".Password", r.Password)
	}
}

// checkServer reports whether a registry's server is a host, with a port at most.
func checkServer(p *problems, field string, r Registry) bool {
	const want = `a host such as "example.azurecr.io"`
	server := r.server()
	host, port, hasPort := strings.Cut(server, ":")
	switch {
	case server == "":
		p.add(field, r.Server, "must name the registry's host", want)
	case strings.ContainsRune(server, '@'):
		// What stands before the @ may be a password.
		p.add(field, masked, "must be a host alone: user and password have their own fields", want)
	case server == "hub.docker.com":
		p.add(field, r.Server, "is Docker Hub's web page", `"`+dockerHub+`"`)
	case strings.ContainsRune(server, '/'):
		p.add(field, r.Server, "must be a host alone: the path belongs to the image", `"`+server[:strings.IndexByte(server, '/')]+`"`)
	case !hostName(host), hasPort && !portNumber(port):
		p.add(field, r.Server, "must be a host name, with a :port at most", want)
	default:
		return true
	}
	return false
}

// hostName reports whether s can be a host's name or IPv4 address.
func hostName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if !lowerName(label, maxName) {
			return false
		}
	}
	return true
}

func portNumber(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

func checkIdentity(p *problems, field, id string) {
	if !resourceID(id, identityForm) {
		p.add(field, id, "must be the resource id of a user-assigned managed identity", identityForm)
	}
}

// resourceID reports whether id has the form of an ARM id: the words of form in any case, and something for each of
// its places in capitals.
func resourceID(id, form string) bool {
	got, want := strings.Split(id, "/"), strings.Split(form, "/")
	if len(got) != len(want) {
		return false
	}
	for i, word := range want {
		switch {
		case word != "" && word == strings.ToUpper(word):
			if got[i] == "" || strings.ContainsAny(got[i], " \t\r\n?#%\\<>*&:\x00") {
				return false
			}
		case !strings.EqualFold(got[i], word):
			return false
		}
	}
	return true
}

func (j Job) checkNetwork(p *problems) {
	seen := map[string]bool{}
	for i, id := range j.SubnetIDs {
		field := fields.At("SubnetIDs", i)
		if !resourceID(id, subnetForm) {
			p.add(field, id, "must be the resource id of a subnet", subnetForm)
		} else if seen[strings.ToLower(id)] {
			p.add(field, id, "is listed twice", "it once")
		}
		seen[strings.ToLower(id)] = true
	}
	for i, server := range j.DNSServers {
		checkAddress(p, fields.At("DNSServers", i), server)
	}
}

func checkAddress(p *problems, field, server string) {
	if address, err := netip.ParseAddr(server); err != nil || address.Zone() != "" {
		p.add(field, server, "must be the IP address of a name server", "for example 10.0.0.10")
	}
}

// checkLocation takes both of ARM's forms of a region's name.
func checkLocation(p *problems, field, location string) {
	for _, r := range location {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != ' ' {
			p.add(field, location, "must be the name of an Azure region: letters and digits", "for example westeurope")
			return
		}
	}
	if strings.TrimSpace(location) == "" {
		p.add(field, location, "must be the name of an Azure region", "for example westeurope")
	}
}
