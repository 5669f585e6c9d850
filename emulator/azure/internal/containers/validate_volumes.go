package containers

import (
	"maps"
	"path"
	"slices"
)

func (c *checker) volumes() error {
	if n := len(c.props.Volumes); n > maxVolumes {
		return c.bad("TooManyVolumes", "Container group '%s' has %d volumes; the limit is %d.", c.group, n, maxVolumes)
	}
	names := map[string]bool{}
	for _, v := range c.props.Volumes {
		if !validVolumeName(v.Name) {
			return c.bad("InvalidVolumeName", "The volume name '%s' in container group '%s' is invalid. It must have 1 to 63 characters: lower-case letters, digits, and single hyphens anywhere but first or last.", v.Name, c.group)
		}
		if names[v.Name] {
			return c.bad("DuplicateVolumeName", "The volume name '%s' is used more than once in container group '%s'.", v.Name, c.group)
		}
		names[v.Name] = true
		if err := c.volume(v); err != nil {
			return err
		}
	}
	return nil
}

func (c *checker) volume(v volumeBody) error {
	kinds := 0
	for _, given := range []bool{v.AzureFile != nil, v.EmptyDir != nil, v.Secret != nil, v.SecretReference != nil, v.GitRepo != nil} {
		if given {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return c.bad("InvalidVolume", "The volume '%s' in container group '%s' must be of exactly one kind: azureFile, emptyDir, gitRepo or secret.", v.Name, c.group)
	case v.AzureFile != nil:
		return c.azureFile(v)
	case v.GitRepo != nil:
		return c.gitRepo(v)
	case v.SecretReference != nil:
		return c.notYet("the secretReference volume '" + v.Name + "'")
	}
	for _, file := range slices.Sorted(maps.Keys(v.Secret)) {
		if !validFileName(file) {
			return c.bad("InvalidSecretVolume", "The key '%s' of secret volume '%s' in container group '%s' is no file name.", file, v.Name, c.group)
		}
		if !validBase64(v.Secret[file]) { // the value itself is never repeated
			return c.bad("InvalidSecretVolume", "The value of key '%s' of secret volume '%s' in container group '%s' is not Base64.", file, v.Name, c.group)
		}
	}
	return nil
}

func (c *checker) mounts() error {
	for _, b := range slices.Concat(c.props.InitContainers, c.props.Containers) {
		paths := map[string]bool{}
		for _, m := range b.Properties.VolumeMounts {
			if !slices.ContainsFunc(c.props.Volumes, func(v volumeBody) bool { return v.Name == m.Name }) {
				return c.bad("VolumeMountNotFound", "The volume mount '%s' of container '%s' in container group '%s' names no volume of the group.", m.Name, b.Name, c.group)
			}
			if !validMountPath(m.MountPath) {
				return c.bad("InvalidVolumeMountPath", "The mount path '%s' of volume '%s' in container '%s' of container group '%s' is invalid. It must be absolute, not '/', and without ':'.", m.MountPath, m.Name, b.Name, c.group)
			}
			clean := path.Clean(m.MountPath)
			if paths[clean] {
				return c.bad("DuplicateVolumeMountPath", "The mount path '%s' is used more than once in container '%s' of container group '%s'.", m.MountPath, b.Name, c.group)
			}
			paths[clean] = true
		}
	}
	return nil
}
