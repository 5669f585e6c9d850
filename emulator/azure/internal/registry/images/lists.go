package images

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// listRepositories lists the repositories that have a manifest.
func (r *Registry) listRepositories(w http.ResponseWriter, hr *http.Request, _ Target) error {
	r.mu.Lock()
	var names []string
	for name, repo := range r.repos {
		if len(repo.manifests) > 0 {
			names = append(names, name)
		}
	}
	r.mu.Unlock()
	slices.Sort(names)
	page, err := paginate(w, hr, "/v2/_catalog", names)
	if err == nil {
		WriteJSON(w, http.StatusOK, map[string]any{"repositories": page})
	}
	return err
}

func (r *Registry) listTags(w http.ResponseWriter, hr *http.Request, t Target) error {
	r.mu.Lock()
	repo, err := r.repository(t.Name)
	var tags []string
	if err == nil {
		tags = slices.Sorted(maps.Keys(repo.tags))
	}
	r.mu.Unlock()
	if err != nil {
		return err
	}
	page, err := paginate(w, hr, "/v2/"+t.Name+"/tags/list", tags)
	if err == nil {
		WriteJSON(w, http.StatusOK, map[string]any{"name": t.Name, "tags": page})
	}
	return err
}

// paginate cuts out of a sorted list what the query asks for: at most n after last. Where more follows, the header Link says
// where.
func paginate(w http.ResponseWriter, hr *http.Request, path string, all []string) ([]string, error) {
	query := hr.URL.Query()
	if last := query.Get("last"); last != "" {
		from, found := slices.BinarySearch(all, last)
		if found {
			from++
		}
		all = all[from:]
	}
	if text := query.Get("n"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return nil, refuse(http.StatusBadRequest, "PAGINATION_NUMBER_INVALID", "the query parameter n is not a whole number from 0 on")
		}
		if n < len(all) {
			all = all[:n]
			if n > 0 {
				next := url.Values{"last": {all[n-1]}, "n": {text}}
				w.Header().Set("Link", "<"+path+"?"+next.Encode()+`>; rel="next"`)
			}
		}
	}
	return append([]string{}, all...), nil
}

const indexType = "application/vnd.oci.image.index.v1+json"

// listReferrers lists the manifests whose subject is a digest, whether or not there is something of that digest.
func (r *Registry) listReferrers(w http.ResponseWriter, hr *http.Request, t Target) error {
	if !validDigest(t.Reference) {
		return refuse(http.StatusBadRequest, "DIGEST_INVALID", "the digest is not sha256: and 64 hexadecimal digits")
	}
	kind := hr.URL.Query().Get("artifactType")
	found := []descriptor{}
	r.mu.Lock()
	if repo := r.repos[t.Name]; repo != nil {
		for _, digest := range slices.Sorted(maps.Keys(repo.manifests)) {
			m := repo.manifests[digest]
			if m.Subject == nil || m.Subject.Digest != t.Reference {
				continue
			}
			d := descriptor{MediaType: m.mediaType, Digest: digest, Size: int64(len(m.body)), ArtifactType: m.ArtifactType, Annotations: m.Annotations}
			if d.ArtifactType == "" && m.Config != nil {
				d.ArtifactType = m.Config.MediaType
			}
			if kind == "" || kind == d.ArtifactType {
				found = append(found, d)
			}
		}
	}
	r.mu.Unlock()
	if kind != "" {
		w.Header().Set("Oci-Filters-Applied", "artifactType")
	}
	w.Header().Set("Content-Type", indexType)
	WriteJSON(w, http.StatusOK, map[string]any{"schemaVersion": 2, "mediaType": indexType, "manifests": found})
	return nil
}
