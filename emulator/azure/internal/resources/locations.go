package resources

import (
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// region is what Azure says of a region.
type region struct {
	name, display, geography, group, longitude, latitude, place, paired string
}

// knownRegions are those that a setting is likely to name.
var knownRegions = []region{
	{"eastus", "East US", "United States", "US", "-79.8164", "37.3719", "Virginia", "westus"},
	{"eastus2", "East US 2", "United States", "US", "-78.3889", "36.6681", "Virginia", "centralus"},
	{"westus", "West US", "United States", "US", "-122.417", "37.783", "California", "eastus"},
	{"westus2", "West US 2", "United States", "US", "-119.852", "47.233", "Washington", "westcentralus"},
	{"westus3", "West US 3", "United States", "US", "-112.074036", "33.448376", "Phoenix", "eastus"},
	{"centralus", "Central US", "United States", "US", "-93.6208", "41.5908", "Iowa", "eastus2"},
	{"northeurope", "North Europe", "Europe", "Europe", "-6.2597", "53.3478", "Ireland", "westeurope"},
	{"westeurope", "West Europe", "Europe", "Europe", "4.9", "52.3667", "Netherlands", "northeurope"},
	{"uksouth", "UK South", "United Kingdom", "UK", "-0.799", "50.941", "London", "ukwest"},
	{"francecentral", "France Central", "France", "Europe", "2.3730", "46.3772", "Paris", "francesouth"},
	{"germanywestcentral", "Germany West Central", "Germany", "Europe", "8.682127", "50.110924", "Frankfurt", "germanynorth"},
	{"swedencentral", "Sweden Central", "Sweden", "Europe", "17.14127", "60.67488", "Gävle", "swedensouth"},
	{"norwayeast", "Norway East", "Norway", "Norway", "10.752245", "59.913868", "Norway", "norwaywest"},
	{"switzerlandnorth", "Switzerland North", "Switzerland", "Switzerland", "8.564572", "47.451542", "Zurich", "switzerlandwest"},
	{"southeastasia", "Southeast Asia", "Asia Pacific", "Asia Pacific", "103.833", "1.283", "Singapore", "eastasia"},
	{"australiaeast", "Australia East", "Australia", "Asia Pacific", "151.2094", "-33.86", "New South Wales", "australiasoutheast"},
	{"japaneast", "Japan East", "Japan", "Asia Pacific", "139.77", "35.68", "Tokyo, Saitama", "japanwest"},
}

// regionNamed is what Azure says of a region. Of those that are not known it is made up from the name.
func regionNamed(name string) region {
	if i := slices.IndexFunc(knownRegions, func(r region) bool { return r.name == name }); i >= 0 {
		return knownRegions[i]
	}
	return region{name: name, display: name, geography: "Emulated", group: "Emulated", longitude: "0", latitude: "0", place: "Emulated"}
}

type locationView struct {
	ID                  string       `json:"id"`
	SubscriptionID      string       `json:"subscriptionId,omitempty"`
	Name                string       `json:"name"`
	Type                string       `json:"type,omitempty"`
	DisplayName         string       `json:"displayName"`
	RegionalDisplayName string       `json:"regionalDisplayName"`
	Metadata            locationMeta `json:"metadata"`
}

type locationMeta struct {
	RegionType       string       `json:"regionType"`
	RegionCategory   string       `json:"regionCategory"`
	Geography        string       `json:"geography,omitempty"`
	GeographyGroup   string       `json:"geographyGroup"`
	Longitude        string       `json:"longitude"`
	Latitude         string       `json:"latitude"`
	PhysicalLocation string       `json:"physicalLocation"`
	PairedRegion     []pairedView `json:"pairedRegion"`
}

type pairedView struct {
	Name string `json:"name"`
	ID   string `json:"id"`
}

// listLocations serves three shapes: type came with 2021-01-01, geography with 2022-12-01.
// None of them has isDefault, which Prefect's provisioner asks for in vain.
func (s *service) listLocations(r *arm.Request) (*arm.Response, error) {
	list := arm.List[locationView]{Value: []locationView{}}
	prefix := "/subscriptions/" + s.core.SubscriptionID() + "/locations/"
	for _, name := range s.core.Faults.Settings().Regions {
		known := regionNamed(name)
		v := locationView{
			ID: prefix + name, Name: name, DisplayName: known.display, RegionalDisplayName: "(" + known.group + ") " + known.display,
			Metadata: locationMeta{
				RegionType: "Physical", RegionCategory: "Recommended", GeographyGroup: known.group, Longitude: known.longitude, Latitude: known.latitude,
				PhysicalLocation: known.place, PairedRegion: []pairedView{},
			},
		}
		if known.paired != "" {
			v.Metadata.PairedRegion = append(v.Metadata.PairedRegion, pairedView{known.paired, prefix + known.paired})
		}
		if r.APIVersion >= "2021-01-01" {
			v.Type = "Region"
		}
		if r.APIVersion >= "2022-12-01" {
			v.Metadata.Geography = known.geography
		}
		list.Value = append(list.Value, v)
	}
	return &arm.Response{Body: list}, nil
}
