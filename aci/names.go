package aci

import (
	"crypto/rand"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
)

const (
	// maxName is the longest name of a container group and of a container.
	maxName = 63
	// suffixLength is the length of the random end of a generated name: 32^10 values, so that two jobs of one
	// resource group do not meet.
	suffixLength = 10
	// fallbackName begins a generated name where nothing better is known.
	fallbackName = "pacific"
)

// NameFor joins a name that people read and a part that makes it unique to a valid name of a container group. base is
// made lower-case, all runs of characters other than letters and digits become one hyphen, and it is cut so that
// unique stays whole. The result depends on the arguments alone, so that a name can be computed again.
func NameFor(base, unique string) string {
	unique = slug(unique)
	if len(unique) > maxName {
		unique = strings.Trim(unique[:maxName], "-")
	}
	base = slug(base)
	if base == "" {
		base = fallbackName
	}
	if unique == "" {
		return strings.Trim(base[:min(len(base), maxName)], "-")
	}
	room := maxName - len(unique) - 1
	if room <= 0 {
		return unique
	}
	base = strings.Trim(base[:min(len(base), room)], "-")
	return base + "-" + unique
}

// NewName makes a name for one run of the job: the name of its image or of Base, and a random end. It does not look
// at Job.Name.
func (j Job) NewName() string {
	return NameFor(j.nameBase(), strings.ToLower(rand.Text()[:suffixLength]))
}

// nameBase is what a person would call the job: Base's name, else the last part of the image's.
func (j Job) nameBase() string {
	if j.Base != nil && deref(j.Base.Name) != "" {
		return *j.Base.Name
	}
	image, err := name.ParseReference(j.image())
	if err != nil || j.image() == DefaultImage {
		return fallbackName
	}
	repository := image.Context().RepositoryStr()
	return repository[strings.LastIndexByte(repository, '/')+1:]
}

// slug keeps lower-case letters and digits and turns every run of anything else into one hyphen, none at the ends.
// ACI refuses two hyphens together in the name of a group.
func slug(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && b.String()[b.Len()-1] != '-':
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// deref gives what p points to, or the zero value.
func deref[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
