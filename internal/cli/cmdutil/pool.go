package cmdutil

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// ServedByPacific reports whether there is a template of ours for a type of work pool.
func ServedByPacific(kind string) bool {
	return slices.Contains([]string{jobtemplate.TypeWorker, jobtemplate.TypePush}, kind)
}

// PoolTemplate is the template of a new pool that was given none, for the server's version; nil leaves it empty.
func PoolTemplate(ctx context.Context, p *Prefect, kind string) (json.RawMessage, error) {
	if !ServedByPacific(kind) {
		return nil, nil
	}
	if p.Client.Cloud() {
		// Its own template is the one that it starts push pools by.
		template, err := p.Client.CloudPoolTemplate(ctx, kind)
		if err == nil || !errors.Is(err, prefect.ErrNotFound) {
			return template, err
		}
	}
	version, err := p.Client.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	return jobtemplate.BaseJobTemplate(kind, version)
}

// PoolError says what to do about a pool that is not there.
func PoolError(err error, name string) error {
	if IsMissing(err) {
		return WithHint(fmt.Errorf("there is no work pool %s", name), "{} lists them", ListPools())
	}
	return err
}
