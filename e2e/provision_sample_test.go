//go:build e2e

package e2e

import (
	"archive/tar"
	"context"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/pacific-aci/pacific/image"
	"github.com/pacific-aci/pacific/prefect"
)

const script = "example_deploy_script.py"

// TestExampleDeployScript runs the script that provision prints, as it is printed, with the real Prefect and a real docker:
// the image is built and pushed to the registry that was provisioned, and the server has the deployment. --destroy then
// takes docker's sign-in and the namespace back.
func TestExampleDeployScript(t *testing.T) {
	for name, on := range map[string]server{"3.x": prefect3, "2.20": prefect2} {
		t.Run(name, func(t *testing.T) {
			seconds(t)
			p := newProvisioningOn(t, on, "--engine", "simulate")
			const pool = "e2e-sample"
			t.Cleanup(func() { p.client.DeleteWorkPool(context.Background(), pool) })
			p.env = append(p.env, "DOCKER_HOST="+dockerd(p.azure, "--registry-mirror", hub(t, baseImage(p))))

			short := p.deploys(pool, "--skip-login=false")
			server := p.namespace()
			if !strings.Contains(short, `name="my-image:latest"`) || !strings.HasSuffix(server, ".azurecr.io") {
				t.Errorf("the namespace is %q, the script\n%s", server, short)
			}
			p.wantsDeployed(pool, server+"/my-image:latest")
			// By default a local Azure writes no namespace, and the script names the registry itself.
			if whole := p.deploys(pool); !strings.Contains(whole, `name="`+server+`/my-image:latest"`) {
				t.Errorf("the script does not name the registry %s:\n%s", server, whole)
			}
			p.wantsDeployed(pool, server+"/my-image:latest")

			p.do(0, p.pacific, "provision", pool, "--destroy", "--yes")
			docker, err := os.ReadFile(filepath.Join(p.home, "docker", "config.json"))
			if err != nil || strings.Contains(string(docker), server) {
				t.Errorf("docker's configuration after --destroy: %v\n%s", err, docker)
			}
			if left := p.namespace(); left != "" {
				t.Errorf("the namespace after --destroy is %q", left)
			}
		})
	}
}

// deploys provisions the pool, and runs the script that comes on standard output in an empty folder.
func (p *provisioning) deploys(pool string, flags ...string) string {
	p.t.Helper()
	out := p.do(0, p.pacific, append([]string{"provision", pool, "--yes", "--verify=false"}, flags...)...)
	folder := p.t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, script), []byte(out.stdout), 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.do(0, "sh", "-c", "cd "+folder+" && "+p.python+" "+script)
	return out.stdout
}

// namespace is the docker build namespace as Prefect itself reads it from the profile.
func (p *provisioning) namespace() string {
	p.t.Helper()
	out := p.do(0, p.python, "-c", "from prefect.settings import PREFECT_DEFAULT_DOCKER_BUILD_NAMESPACE as n; print(n.value() or '')")
	return strings.TrimSpace(out.stdout)
}

// wantsDeployed finds the deployment on the server and its image in the registry, with the flow in it.
func (p *provisioning) wantsDeployed(pool, reference string) {
	t := p.t
	t.Helper()
	made, err := p.client.DeploymentByName(t.Context(), "my-flow", "my-deployment")
	if err != nil {
		t.Fatal(err)
	}
	if made.WorkPoolName != pool || made.JobVariables["image"] != reference || !strings.HasPrefix(made.Entrypoint, script+":") {
		t.Errorf("the deployment is of pool %q, with %v and the entrypoint %q", made.WorkPoolName, made.JobVariables, made.Entrypoint)
	}
	docker := &image.DockerConfig{Path: filepath.Join(p.home, "docker", "config.json")}
	ref, err := name.ParseReference(reference)
	if err != nil {
		t.Fatal(err)
	}
	token, err := docker.Get(t.Context(), ref.Context().RegistryStr())
	if err != nil {
		t.Fatal(err)
	}
	auth := remote.WithAuth(authn.FromConfig(authn.AuthConfig{IdentityToken: token.Token}))
	built, err := remote.Image(ref, auth, remote.WithTransport(p.transport()), remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if config, err := built.ConfigFile(); err != nil || config.OS != "linux" || config.Architecture != "amd64" {
		t.Errorf("the image is for %+v, %v", config, err)
	}
	files := mutate.Extract(built)
	defer files.Close()
	for r := tar.NewReader(files); ; {
		file, err := r.Next()
		if err == io.EOF {
			t.Errorf("%s has no %s", reference, script)
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if path.Base(file.Name) == script {
			break
		}
	}
	if err := p.client.DeleteDeployment(t.Context(), prefect.ID(made.ID)); err != nil {
		t.Fatal(err)
	}
	image, err := remote.Head(ref, auth, remote.WithTransport(p.transport()), remote.WithContext(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	// A registry deletes a manifest by its digest, and its tags with it.
	if err := remote.Delete(ref.Context().Digest(image.Digest.String()), auth, remote.WithTransport(p.transport()), remote.WithContext(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// baseImage is the image that Prefect's generated Dockerfile begins with.
func baseImage(p *provisioning) string {
	p.t.Helper()
	out := p.do(0, p.python, "-c", "from prefect.utilities.dockerutils import get_prefect_image_name as n; print(n())")
	return strings.TrimSpace(out.stdout)
}

// hub is a mirror of Docker Hub with one image: a busybox under Prefect's name, for nothing of it is run.
func hub(t *testing.T, image string) (address string) {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	layer := filepath.Join(t.TempDir(), "layer.tar")
	if text, err := exec.Command("tar", "-cf", layer, "-C", "/bin", "busybox").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	content, err := tarball.LayerFromFile(layer)
	if err != nil {
		t.Fatal(err)
	}
	built, err := mutate.AppendLayers(empty.Image, content)
	if err != nil {
		t.Fatal(err)
	}
	if built, err = mutate.ConfigFile(built, withPlatform(t, built)); err != nil {
		t.Fatal(err)
	}
	ref, err := name.ParseReference(strings.TrimPrefix(server.URL, "http://") + "/" + image)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, built); err != nil {
		t.Fatal(err)
	}
	return server.URL
}

func withPlatform(t *testing.T, built v1.Image) *v1.ConfigFile {
	t.Helper()
	config, err := built.ConfigFile()
	if err != nil {
		t.Fatal(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = "linux", "amd64"
	return config
}
