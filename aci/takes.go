package aci

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// The names that [Usage] has for what nearly every group takes.
const (
	UsageGroups = "ContainerGroups"
	UsageCores  = "StandardCores"
)

// Takes is what the job's container group takes of its region's limits: amounts by the names of [Usage], such as one of
// ContainerGroups and 1.5 of StandardCores. A spot or confidential group, and one with a GPU, take cores of another kind.
// location is the region, empty where neither the job nor Base names one. It does not validate the job.
func (j Job) Takes() (location string, amounts map[string]float64) {
	group, err := copyGroup(j.Base)
	if err != nil {
		group, _ = copyGroup(nil)
	}
	j.layGroup(group, "")
	j.layContainer(j.mainOf(group.Properties))
	cores, kind := 0.0, coresOf(group.Properties)
	for _, c := range group.Properties.Containers {
		if c == nil || c.Properties == nil || c.Properties.Resources == nil || c.Properties.Resources.Requests == nil {
			continue
		}
		requests := c.Properties.Resources.Requests
		cores += deref(requests.CPU)
		if gpu := requests.Gpu; gpu != nil && deref(gpu.SKU) != "" {
			kind = "Standard" + strings.ToUpper(string(deref(gpu.SKU))) + "Cores"
		}
	}
	return deref(group.Location), map[string]float64{UsageGroups: 1, kind: cores}
}

// Takes is what the group takes of its region's limits, as [Job.Takes]. Lists do not tell a spot group from another.
func (g *Group) Takes() map[string]float64 {
	cores := 0.0
	for _, c := range g.Containers {
		cores += c.CPU
	}
	return map[string]float64{UsageGroups: 1, UsageCores: cores}
}

func coresOf(p *armcontainerinstance.ContainerGroupPropertiesProperties) string {
	switch {
	case sameWord(p.Priority, armcontainerinstance.ContainerGroupPrioritySpot):
		return "StandardSpotCores"
	case sameWord(p.SKU, armcontainerinstance.ContainerGroupSKUConfidential):
		return "ConfidentialCores"
	}
	return UsageCores
}

// CreatesLeft is how many more groups Azure would have created in a region, as it said with its last answer to a PUT.
type CreatesLeft struct {
	// In5Minutes and InHour are what is left of the limits by five minutes and by the hour.
	In5Minutes, InHour int
	// At is when Azure said so; zero: never.
	At time.Time
}

// CreatesLeft is what Azure last said about the region's limits on creates. It sends nothing. The zero value: Azure has
// said nothing yet. Empty location: the client's own, or the resource group's.
func (c *Client) CreatesLeft(location string) CreatesLeft {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.left[region(cmp.Or(location, c.location))]
}

// keepCreatesLeft keeps what the answer to a PUT says. Of answers that crossed, the lower number is kept: which one Azure
// gave last cannot be told.
func (c *Client) keepCreatesLeft(location string, p *putRequest) {
	if p.response == nil {
		return
	}
	const header = "X-Ms-Ratelimit-Remaining-Subscription-Resource-Requests-"
	in5, err5 := strconv.Atoi(p.response.Header.Get(header + "Pt5m"))
	inHour, errHour := strconv.Atoi(p.response.Header.Get(header + "Pt1h"))
	if err5 != nil || errHour != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if last := c.left[region(location)]; !last.At.Before(p.sent) {
		in5, inHour = min(in5, last.In5Minutes), min(inHour, last.InHour)
	}
	if c.left == nil {
		c.left = map[string]CreatesLeft{}
	}
	c.left[region(location)] = CreatesLeft{In5Minutes: in5, InHour: inHour, At: time.Now()}
}
