package prefect_test

import (
	"testing"

	"github.com/pacific-aci/pacific/prefect"
)

func artifactsContract(t *testing.T, s target) {
	ctx := t.Context()
	_, err := s.LatestArtifact(ctx, s.name)
	wantKind(t, err, prefect.ErrNotFound)
	first := must(s.CreateArtifact(ctx, prefect.ArtifactCreate{Key: s.name, Type: "markdown", Description: "a report", Data: "# One"}))(t)
	second := must(s.CreateArtifact(ctx, prefect.ArtifactCreate{Key: s.name, Type: "markdown", Data: "# Two"}))(t)
	latest := must(s.LatestArtifact(ctx, s.name))(t)
	if latest.ID == first.ID || latest.ID == second.ID {
		t.Errorf("the latest has the id %s of a version", latest.ID)
	}
	want(t, "data", latest.Data, any("# Two"))
	want(t, "type", latest.Type, "markdown")

	check(t, s.UpdateArtifact(ctx, second.ID, "# Three"))
	want(t, "data after an update", must(s.LatestArtifact(ctx, s.name))(t).Data, any("# Three"))
	wantKind(t, s.UpdateArtifact(ctx, "00000000-0000-4000-8000-000000000000", "# Four"), prefect.ErrNotFound)

	alone := must(s.CreateArtifact(ctx, prefect.ArtifactCreate{Type: "progress", Data: 12.5}))(t)
	want(t, "key", alone.Key, "")
	if err := s.UpdateArtifact(ctx, alone.ID, 50); s.v3 {
		check(t, err)
	} else {
		wantKind(t, err, prefect.ErrNotFound)
	}
}
