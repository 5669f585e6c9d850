package work

// workerType is what the registry says of a type of workers. Base job templates are left out: Pacific has its own, and a
// registry's would grow old here.
type workerType struct {
	Type                        string         `json:"type"`
	DisplayName                 string         `json:"display_name"`
	Description                 string         `json:"description"`
	DocumentationURL            string         `json:"documentation_url"`
	InstallCommand              string         `json:"install_command"`
	LogoURL                     string         `json:"logo_url"`
	IsBeta                      bool           `json:"is_beta"`
	DefaultBaseJobConfiguration map[string]any `json:"default_base_job_configuration"`
}

// workerTypes are by collection and by type.
func workerTypes() map[string]map[string]workerType {
	of := func(kind, name, description string) workerType {
		return workerType{Type: kind, DisplayName: name, Description: description, DocumentationURL: "https://docs.prefect.io/latest/", DefaultBaseJobConfiguration: map[string]any{}}
	}
	process := of("process", "Process", "Runs flows as child processes of a worker.")
	process.InstallCommand = "pip install prefect"
	aci := of("azure-container-instance", "Azure Container Instances", "Runs each flow in a container group of its own.")
	aci.InstallCommand = "pip install prefect-azure"
	return map[string]map[string]workerType{"prefect": {process.Type: process}, "prefect-azure": {aci.Type: aci}}
}
