package provision

import (
	"bytes"
	"encoding/json"
	"strings"
)

// sample is a script that deploys a flow to the pool, in the words of the server's line of Prefect: as Prefect's provisioner
// shows it, with an image for linux/amd64, which is all that Azure Container Instances runs.
const sample = `# example_deploy_script.py
from prefect import flow
from IMPORT import IMAGE


@flow(log_prints=True)
def my_flow(name: str = "world"):
    print(f"Hello {name}! I'm a flow running on an Azure Container Instance!")


if __name__ == "__main__":
    my_flow.deploy(
        name="my-deployment",
        work_pool_name=POOL,
        image=IMAGE(
            name=TARGET,
            platform="linux/amd64",
        ),
    )
`

// sample is the script for the pool. Without a default namespace the image names its registry.
func (r *run) sample(server string) string {
	from, image := "prefect.docker", "DockerImage"
	if r.version.Major == 2 {
		from, image = "prefect.deployments", "DeploymentImage"
	}
	target := "my-image:latest"
	if r.f.skipLogin {
		target = server + "/" + target
	}
	return strings.NewReplacer("IMPORT", from, "IMAGE", image, "POOL", pythonText(r.pool.Name), "TARGET", pythonText(target)).Replace(sample)
}

// pythonText is a text as Python writes it in a script: JSON's form is one of Python's.
func pythonText(text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(b.String(), "\n")
}
