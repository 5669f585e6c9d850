package vault

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secretView is a secret on the wire: SecretBundle, SecretItem and their deleted kinds in one.
type secretView struct {
	RecoveryID         string            `json:"recoveryId,omitempty"`
	DeletedDate        int64             `json:"deletedDate,omitempty"`
	ScheduledPurgeDate int64             `json:"scheduledPurgeDate,omitempty"`
	Value              *string           `json:"value,omitempty"`
	ContentType        string            `json:"contentType,omitempty"`
	ID                 string            `json:"id"`
	Attributes         attributesView    `json:"attributes"`
	Tags               map[string]string `json:"tags,omitempty"`
}

type attributesView struct {
	Enabled         bool   `json:"enabled"`
	NotBefore       *int64 `json:"nbf,omitempty"`
	Expires         *int64 `json:"exp,omitempty"`
	Created         int64  `json:"created"`
	Updated         int64  `json:"updated"`
	RecoveryLevel   string `json:"recoveryLevel"`
	RecoverableDays int    `json:"recoverableDays"`
}

func (v *vault) url() string { return "https://" + v.host() }

// bundle shows a version with its full id, and without its value.
func (v *vault) bundle(sec *secret, ver *version) *secretView {
	view := v.item(sec, ver)
	view.ID += "/" + ver.ID
	return view
}

// item shows a version under the id of its secret.
func (v *vault) item(sec *secret, ver *version) *secretView {
	view := &secretView{
		ContentType: ver.ContentType, ID: v.url() + "/secrets/" + sec.name, Tags: ver.Tags,
		Attributes: attributesView{
			Enabled: ver.Enabled, NotBefore: ver.NotBefore, Expires: ver.Expires, Created: ver.Created.Unix(), Updated: ver.Updated.Unix(),
			RecoveryLevel: v.settings.recoveryLevel(), RecoverableDays: v.settings.retention,
		},
	}
	if d := sec.deletion; d != nil {
		view.RecoveryID, view.DeletedDate, view.ScheduledPurgeDate = v.url()+"/deletedsecrets/"+sec.name, d.at.Unix(), d.purge.Unix()
	}
	return view
}

// deletedButRecoverable is the message for a name that a deleted secret holds.
const deletedButRecoverable = "Secret %s is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged."

// secretNotFound is the 404 for a secret or a version of it.
func secretNotFound(c *call) *problem {
	id := c.name
	if c.version != "" {
		id += "/" + c.version
	}
	return refuse(http.StatusNotFound, "SecretNotFound", "A secret with (name/id) %s was not found in this key vault. If you recently deleted this secret you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182", id)
}

func deletedNotFound(c *call) *problem {
	return refuse(http.StatusNotFound, "SecretNotFound", "Deleted Secret not found: %s", c.name)
}

func nowSeconds() time.Time { return time.Now().UTC().Truncate(time.Second) }

func (s *Service) putSecret(v *vault, c *call, b *secretBody) (any, *problem) {
	if b.Value == nil {
		return nil, badParameter("The secret value must be specified.")
	}
	if sec, ok := v.deletedSecret(c.name); ok {
		return nil, refuse(http.StatusConflict, "Conflict", deletedButRecoverable, sec.name).because("ObjectIsDeletedButRecoverable")
	}
	sec, _ := s.setSecret(v, c.name, b)
	view := v.bundle(sec, sec.newest())
	view.Value = b.Value
	return view, nil
}

// getSecret shows a value. A version outside of its times is served: they are for the client to heed.
func (s *Service) getSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ver, missing := find(v, c)
	if missing != nil {
		return nil, missing
	}
	if !ver.Enabled {
		return nil, refuse(http.StatusForbidden, "Forbidden", "Operation get is not allowed on a disabled secret.").because("SecretDisabled")
	}
	view := v.bundle(sec, ver)
	view.Value = &ver.Value
	return view, nil
}

// find finds the version that a call's path names.
func find(v *vault, c *call) (*secret, *version, *problem) {
	sec, ok := v.liveSecret(c.name)
	if !ok {
		return nil, nil, secretNotFound(c)
	}
	ver, ok := sec.version(c.version)
	if !ok {
		return nil, nil, secretNotFound(c)
	}
	return sec, ver, nil
}

func (s *Service) updateSecret(v *vault, c *call, b *secretBody) (any, *problem) {
	sec, ver, missing := find(v, c)
	if missing != nil {
		return nil, missing
	}
	ver.apply(b)
	ver.Updated = nowSeconds()
	return v.bundle(sec, ver), nil
}

func (s *Service) deleteSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.liveSecret(c.name)
	if !ok {
		return nil, secretNotFound(c)
	}
	s.removeSecret(v, sec)
	return v.bundle(sec, sec.newest()), nil
}

func (s *Service) getDeletedSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.deletedSecret(c.name)
	if !ok {
		return nil, deletedNotFound(c)
	}
	return v.bundle(sec, sec.newest()), nil
}

func (s *Service) recoverSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.deletedSecret(c.name)
	if !ok {
		return nil, deletedNotFound(c)
	}
	sec.deletion = nil
	s.enter(v, sec)
	return v.bundle(sec, sec.newest()), nil
}

func (s *Service) purgeSecret(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.deletedSecret(c.name)
	if !ok {
		return nil, deletedNotFound(c)
	}
	if v.settings.purgeProtection {
		return nil, refuse(http.StatusForbidden, "Forbidden", "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault service will automatically purge it after the retention period has passed.\r\nVault: %s;location=%s",
			v.id.Name(), v.location)
	}
	delete(v.secrets, strings.ToLower(sec.name))
	return nil, nil
}

func (s *Service) listSecrets(v *vault, c *call, _ *secretBody) (any, *problem) {
	return v.secretPage(c, false)
}

func (s *Service) listDeletedSecrets(v *vault, c *call, _ *secretBody) (any, *problem) {
	return v.secretPage(c, true)
}

func (v *vault) secretPage(c *call, deleted bool) (any, *problem) {
	return page(c, v.secretsThat(deleted), func(sec *secret) string { return strings.ToLower(sec.name) }, func(sec *secret) *secretView {
		return v.item(sec, sec.newest())
	})
}

// listVersions lists the versions of a secret in the order of their ids, which tells nothing of their age.
func (s *Service) listVersions(v *vault, c *call, _ *secretBody) (any, *problem) {
	sec, ok := v.liveSecret(c.name)
	if !ok {
		return nil, secretNotFound(c)
	}
	versions := slices.SortedFunc(slices.Values(sec.versions), func(a, b *version) int { return strings.Compare(a.ID, b.ID) })
	return page(c, versions, func(ver *version) string { return ver.ID }, func(ver *version) *secretView { return v.bundle(sec, ver) })
}

// listView is a page of a list; nextLink is null on the last one.
type listView struct {
	Value    []*secretView `json:"value"`
	NextLink *string       `json:"nextLink"`
}

// maxPage is how many items Key Vault shows at most, and if nothing is said.
const maxPage = 25

// page cuts out the page that a call asks for. Items are sorted by key; $skiptoken carries the last one shown, so that what
// comes and goes between two pages neither repeats nor hides others.
func page[T any](c *call, items []T, key func(T) string, view func(T) *secretView) (any, *problem) {
	query, size := c.URL.Query(), maxPage
	if asked := query.Get("maxresults"); asked != "" {
		n, err := strconv.Atoi(asked)
		if err != nil || n < 1 || n > maxPage {
			return nil, badParameter("The value '%s' of maxresults is not a whole number from 1 to %d.", asked, maxPage)
		}
		size = n
	}
	if token := query.Get("$skiptoken"); token != "" {
		last, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, badParameter("The value of $skiptoken is not one that this vault gave.")
		}
		from, found := slices.BinarySearchFunc(items, string(last), func(item T, last string) int { return strings.Compare(key(item), last) })
		if found {
			from++
		}
		items = items[from:]
	}
	list := listView{Value: []*secretView{}}
	for _, item := range items[:min(size, len(items))] {
		list.Value = append(list.Value, view(item))
	}
	if len(items) > size {
		query.Set("$skiptoken", base64.RawURLEncoding.EncodeToString([]byte(key(items[size-1]))))
		next := url.URL{Scheme: "https", Host: arm.HostName(c.Host) + ":443", Path: c.URL.Path, RawQuery: query.Encode()}
		list.NextLink = new(next.String())
	}
	return list, nil
}

// compareKeys orders ids as [arm.Paginate] wants them.
func compareKeys(a, b arm.ResourceID) int { return strings.Compare(a.Key(), b.Key()) }
