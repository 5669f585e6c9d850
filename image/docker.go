package image

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/pacific-aci/pacific/internal/link"
	"github.com/pacific-aci/pacific/internal/readfile"
)

// DockerConfig is a docker configuration file, which holds credentials or names the helpers that do. Make it with
// [FindDockerConfig]. The file is read at each call; a change is written in one rename and keeps what it does not know.
type DockerConfig struct {
	// Path is the file, which need not be there.
	Path string
}

// FindDockerConfig is the file that docker uses: config.json in the folder DOCKER_CONFIG, or else in .docker in the home
// folder. lookupEnv is asked for DOCKER_CONFIG and HOME, on Windows USERPROFILE.
func FindDockerConfig(lookupEnv func(string) (string, bool)) (*DockerConfig, error) {
	const file = "config.json"
	if folder, ok := lookupEnv("DOCKER_CONFIG"); ok && folder != "" {
		return &DockerConfig{filepath.Join(folder, file)}, nil
	}
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	home, ok := lookupEnv(variable)
	if !ok || home == "" {
		return nil, fmt.Errorf("finding docker's configuration: neither DOCKER_CONFIG nor %s is set", variable)
	}
	return &DockerConfig{filepath.Join(home, ".docker", file)}, nil
}

// Check reads the file and returns why it cannot be used, or why the helper cannot that it names for all registries. A
// missing file can.
func (d *DockerConfig) Check() error {
	file, err := d.read()
	if err == nil && file.store != "" {
		if _, err = findHelper(file.store); err != nil {
			err = fmt.Errorf("%s: field \"credsStore\": %w", d.Path, err)
		}
	}
	if err != nil {
		return fmt.Errorf("reading docker's configuration: %w", err)
	}
	return nil
}

// hub is the key under which docker keeps the credentials for Docker Hub.
const hub = "https://index.docker.io/v1/"

// key is a registry's name in the file.
func key(server string) string {
	if server == "docker.io" || server == "index.docker.io" || server == "registry-1.docker.io" {
		return hub
	}
	return server
}

// content is the file: what is known of it, and all of it.
type content struct {
	auths   map[string]authEntry
	helpers map[string]string
	store   string
	all     map[string]json.RawMessage
	// rest are the members of each entry of auths.
	rest map[string]json.RawMessage
}

type authEntry struct {
	Auth          string `json:"auth,omitempty"`
	Username      string `json:"username,omitempty"`
	Password      string `json:"password,omitempty"`
	IdentityToken string `json:"identitytoken,omitempty"`
}

func (d *DockerConfig) read() (*content, error) {
	c := &content{all: map[string]json.RawMessage{}, rest: map[string]json.RawMessage{}, auths: map[string]authEntry{}}
	text, err := readfile.Read(d.Path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if len(bytes.TrimSpace(text)) > 0 {
		if err := json.Unmarshal(text, &c.all); err != nil {
			return nil, fmt.Errorf("%s is not a JSON object: %w", d.Path, err)
		}
		if c.all == nil { // null, which docker takes for an empty file
			c.all = map[string]json.RawMessage{}
		}
	}
	for name, into := range map[string]any{"auths": &c.rest, "credHelpers": &c.helpers, "credsStore": &c.store} {
		if raw, ok := c.all[name]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return nil, fmt.Errorf("%s: field %q: %w", d.Path, name, err)
			}
		}
	}
	if c.rest == nil { // "auths": null
		c.rest = map[string]json.RawMessage{}
	}
	for server, raw := range c.rest {
		var entry authEntry
		if err := json.Unmarshal(raw, &entry); err != nil {
			return nil, fmt.Errorf("%s: the entry of %s cannot be read", d.Path, server) // its error could show the secret
		}
		c.auths[server] = entry
	}
	return c, nil
}

// helper is the name of the credential helper for a registry; empty for the file itself. Where the file has no
// credentials and names no helper, docker takes the operating system's if it is installed.
func (c *content) helper(server string) string {
	if name, ok := c.helpers[server]; ok && name != "" {
		return name
	}
	if c.store != "" || len(c.rest) > 0 || len(c.helpers) > 0 {
		return c.store
	}
	return systemHelper()
}

// Store keeps a credential for a registry where docker looks for it, and says where that is: the file's path or the
// helper's name. The file gets the mode 0600.
func (d *DockerConfig) Store(ctx context.Context, server string, c Credential) (where string, err error) {
	fail := func(err error) (string, error) {
		return "", fmt.Errorf("storing the credential of %s: %w", server, err)
	}
	file, err := d.read()
	if err != nil {
		return fail(err)
	}
	entry := authEntry{}
	if name := file.helper(key(server)); name != "" {
		if err := storeWith(ctx, name, key(server), c); err != nil {
			return fail(err)
		}
		where = helperProgram(name) // the file then says only that there is a credential, as docker leaves it
	} else {
		user := c.Username
		if user == "" { // docker takes no entry without one
			user = TokenUser
		}
		entry = authEntry{Auth: base64.StdEncoding.EncodeToString([]byte(user + ":" + c.Password)), IdentityToken: c.Token}
		where = d.Path
	}
	if err := file.set(key(server), entry); err != nil {
		return fail(err)
	}
	if err := d.write(file); err != nil {
		return fail(err)
	}
	return where, nil
}

// write writes the file with its entries as they are now.
func (d *DockerConfig) write(file *content) (err error) {
	if file.all["auths"], err = json.Marshal(file.rest); err != nil {
		return err
	}
	text, err := json.MarshalIndent(file.all, "", "\t")
	if err != nil {
		return err
	}
	return replaceFile(d.Path, append(text, '\n'))
}

// replaceFile writes a file that its owner alone can read, in one rename. A symbolic link stays, and leads to the new file,
// be it there already or not.
func replaceFile(path string, text []byte) error {
	path, err := link.Target(path)
	if err != nil {
		return err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	temp, err := os.CreateTemp(folder, ".config-*.json") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // nothing is there after the rename
	_, err = temp.Write(text)
	if err = errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), path)
}

// Get finds the credential that docker has for a registry; it is empty if docker has none.
func (d *DockerConfig) Get(ctx context.Context, server string) (Credential, error) {
	file, err := d.read()
	if err != nil {
		return Credential{}, fmt.Errorf("reading the credential of %s: %w", server, err)
	}
	if name := file.helper(key(server)); name != "" {
		found, err := getWith(ctx, name, key(server))
		if err != nil {
			return Credential{}, fmt.Errorf("reading the credential of %s: %w", server, err)
		}
		if !found.Empty() {
			return found, nil
		}
	}
	entry := file.entry(key(server))
	c := Credential{Username: entry.Username, Password: entry.Password, Token: entry.IdentityToken}
	if entry.Auth != "" {
		decoded, err := base64.StdEncoding.DecodeString(entry.Auth)
		user, password, ok := strings.Cut(string(decoded), ":")
		if err != nil || !ok {
			return Credential{}, fmt.Errorf("reading the credential of %s: %s: field \"auth\" is not the base64 of USER:PASSWORD", server, d.Path)
		}
		c.Username, c.Password = user, strings.Trim(password, "\x00")
	}
	return c, nil
}

// entry is a registry's, under its name or under an address of it, which older versions of docker wrote.
func (c *content) entry(server string) authEntry {
	if entry, ok := c.auths[server]; ok {
		return entry
	}
	for _, address := range c.keys(server) {
		return c.auths[address]
	}
	return authEntry{}
}
