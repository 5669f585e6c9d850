// Package image builds and moves container images without Docker: it signs in to registries, pushes and pulls.
//
// Make a [Client] with [NewClient]. To an Azure Container Registry of the client's cloud it signs in as the cloud's
// principal; to any other registry with what docker's configuration has for it. [SignIn] and [DockerConfig] are the two
// halves of az acr login by themselves: the token of a registry, and its place in docker's configuration.
//
// [Build] makes an image of a program, which [Compile] makes of a Go package; [WriteArchive] writes one to a file.
// [Client.Check] and [CheckArchive] say whether Container Instances can run one.
package image
