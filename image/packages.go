package image

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// distribution is the folder in which pip keeps what it knows of an installed package.
var distribution = regexp.MustCompile(`/([^/]+)-([^/-]+)\.dist-info(/|$)`)

// checkPackages looks for packages of Python, if the image has one.
func (e *examiner) checkPackages(wanted []PythonPackage) {
	installed := map[string]string{}
	python := false
	for name, n := range e.tree.nodes {
		if found := distribution.FindStringSubmatch(name); found != nil {
			installed[packageName(found[1])] = found[2]
		}
		base := path.Base(name)
		python = python || strings.HasPrefix(base, "python3") && path.Base(path.Dir(name)) == "bin" && !n.isFolder()
	}
	if !python {
		return
	}
	var there []string
	for _, p := range wanted {
		if _, ok := installed[packageName(p.With)]; p.With != "" && !ok {
			continue
		}
		version, ok := installed[packageName(p.Name)]
		if !ok {
			e.add("packages", SeverityWarning, fmt.Sprintf("%s is missing, and %s needs it", p.Name, p.For), "pip install "+p.Name)
			continue
		}
		there = append(there, p.Name+" "+version)
	}
	if len(there) > 0 {
		slices.Sort(there)
		e.add("packages", SeverityOK, strings.Join(there, ", "), "")
	}
}

var separators = regexp.MustCompile(`[-_.]+`)

// packageName is a package's name as Python compares it (packaging.python.org, name normalization).
func packageName(name string) string {
	return strings.ToLower(separators.ReplaceAllString(name, "-"))
}
