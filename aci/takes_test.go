package aci_test

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/aci"
)

func TestTakes(t *testing.T) {
	sidecar := &armcontainerinstance.Container{Name: new("side"), Properties: &armcontainerinstance.ContainerProperties{
		Resources: &armcontainerinstance.ResourceRequirements{Requests: &armcontainerinstance.ResourceRequests{CPU: new(0.5)}}}}
	base := func(p armcontainerinstance.ContainerGroupPropertiesProperties) *armcontainerinstance.ContainerGroup {
		p.Containers = []*armcontainerinstance.Container{sidecar}
		return &armcontainerinstance.ContainerGroup{Location: new("North Europe"), Properties: &p}
	}
	for name, c := range map[string]struct {
		job      aci.Job
		location string
		want     map[string]float64
	}{
		"empty":        {aci.Job{}, "", map[string]float64{aci.UsageGroups: 1, aci.UsageCores: 1}},
		"side-car":     {aci.Job{CPU: 2, MainContainer: "main", Base: base(armcontainerinstance.ContainerGroupPropertiesProperties{})}, "northeurope", map[string]float64{aci.UsageGroups: 1, aci.UsageCores: 2.5}},
		"spot":         {aci.Job{Location: "westeurope", Base: base(armcontainerinstance.ContainerGroupPropertiesProperties{Priority: new(armcontainerinstance.ContainerGroupPrioritySpot)})}, "westeurope", map[string]float64{aci.UsageGroups: 1, "StandardSpotCores": 0.5}},
		"confidential": {aci.Job{Base: base(armcontainerinstance.ContainerGroupPropertiesProperties{SKU: new(armcontainerinstance.ContainerGroupSKUConfidential)})}, "northeurope", map[string]float64{aci.UsageGroups: 1, "ConfidentialCores": 0.5}},
		"gpu":          {aci.Job{GPUCount: 1, GPUSKU: "V100"}, "", map[string]float64{aci.UsageGroups: 1, "StandardV100Cores": 1}},
	} {
		location, got := c.job.Takes()
		if location != c.location || !cmp.Equal(got, c.want) {
			t.Errorf("%s: %q %v; want %q %v", name, location, got, c.location, c.want)
		}
	}
}
