package prefect_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/prefect"
)

// typedBlocksContract saves and loads every block that has a Go type; on 3.x most of their types must be registered first.
func typedBlocksContract(t *testing.T, s target) {
	ctx := t.Context()
	for _, block := range []prefect.Block{
		&prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "s"},
		&prefect.AzureStorage{BucketPath: "flows", AccountName: "a", AccountKey: "k"},
		&prefect.AzureBlobStorageCredentials{ConnectionString: "x=y"},
		&prefect.DockerRegistry{Username: "u", Password: "p", RegistryURL: "r.io"},
		&prefect.DockerRegistryCredentials{Username: "u", Password: "p", RegistryURL: "r.io"},
		&prefect.StringBlock{Value: "https://kv"},
		&prefect.SecretBlock{Value: "hunter2"},
		&prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "sub", Image: "i",
			ImageRegistry: &prefect.ImageRegistry{ACRManagedIdentity: &prefect.ACRManagedIdentity{RegistryURL: "r.azurecr.io", Identity: "/id"}}},
	} {
		slug, want := block.BlockTypeSlug(), document(t, block)
		saved, err := s.SaveBlock(ctx, s.name, block, prefect.SaveBlockOptions{})
		if err != nil {
			t.Errorf("%s: %v", slug, err)
			continue
		}
		t.Cleanup(func() { _ = s.DeleteBlockDocument(ctx, saved.ID) })
		major := 2
		if s.v3 {
			major = 3
		}
		if definition, _ := prefect.FindBlockDefinition(slug, major); saved.BlockSchema == nil || saved.BlockSchema.Checksum != definition.Checksum {
			t.Errorf("%s: kept under schema %+v, want %s", slug, saved.BlockSchema, definition.Checksum)
		}
		if err := saved.Decode(block); err != nil {
			t.Errorf("%s: reading it with masks: %v", slug, err)
		}
		if _, err := s.LoadBlock(ctx, s.name, block); err != nil {
			t.Errorf("%s: %v", slug, err)
		}
		if diff := cmp.Diff(want, document(t, block)); diff != "" {
			t.Errorf("%s: -saved +loaded:\n%s", slug, diff)
		}
	}
}

// typedJobContract is about what refers to other documents, and what is kept when something is changed.
func typedJobContract(t *testing.T, s target) {
	ctx := t.Context()
	credentials := &prefect.AzureContainerInstanceCredentials{ClientID: "c", TenantID: "t", ClientSecret: "hunter2"}
	sp := must(s.SaveBlock(ctx, s.name+"-sp", credentials, prefect.SaveBlockOptions{}))(t)
	want(t, "secret of a saved document", sp.Data["client_secret"], any(prefect.SecretMask))
	registry := must(s.SaveBlock(ctx, s.name+"-reg", &prefect.DockerRegistry{Username: "u", Password: "p", RegistryURL: "r"}, prefect.SaveBlockOptions{}))(t)
	job := &prefect.AzureContainerInstanceJob{ResourceGroupName: "rg", SubscriptionID: "sub", Image: "i",
		ACICredentials: prefect.Nested[prefect.AzureContainerInstanceCredentials]{DocumentID: sp.ID},
		ImageRegistry:  &prefect.ImageRegistry{DockerRegistry: &prefect.Nested[prefect.DockerRegistry]{DocumentID: registry.ID}}}
	saved := must(s.SaveBlock(ctx, s.name, job, prefect.SaveBlockOptions{}))(t)
	want(t, "subscription", saved.Data["subscription_id"], any(prefect.SecretMask))
	slug := job.BlockTypeSlug()

	_, err := s.SaveBlock(ctx, s.name, job, prefect.SaveBlockOptions{})
	wantKind(t, err, prefect.ErrConflict)

	check(t, s.UpdateBlock(ctx, slug, s.name, map[string]any{"image": "j"}))
	var loaded prefect.AzureContainerInstanceJob
	must(s.LoadBlock(ctx, s.name, &loaded))(t)
	want(t, "image", loaded.Image, "j")
	want(t, "subscription in clear", string(loaded.SubscriptionID), "sub")
	want(t, "credentials after an update", loaded.ACICredentials.DocumentID, sp.ID)
	want(t, "their secret", string(loaded.ACICredentials.Value.ClientSecret), "hunter2")
	want(t, "registry after an update", loaded.ImageRegistry.DockerRegistry.DocumentID, registry.ID)

	loaded.SubscriptionID, loaded.Image, loaded.ImageRegistry = prefect.SecretMask, "k", nil
	_, err = s.SaveBlock(ctx, s.name+"-new", &loaded, prefect.SaveBlockOptions{Overwrite: true})
	if invalid, ok := errors.AsType[*prefect.InvalidBlockError](err); !ok || invalid.Field != "subscription_id" {
		t.Errorf("saving a mask as a new secret: %v", err)
	}
	overwritten := must(s.SaveBlock(ctx, s.name, &loaded, prefect.SaveBlockOptions{Overwrite: true}))(t)
	want(t, "id", overwritten.ID, saved.ID)
	must(s.LoadBlock(ctx, s.name, &loaded))(t)
	want(t, "subscription that was given as a mask", string(loaded.SubscriptionID), "sub")
	want(t, "registry that is no more", loaded.ImageRegistry == nil, true)
	want(t, "credentials", loaded.ACICredentials.DocumentID, sp.ID)

	// Why UpdateBlock exists: an update that does not name a reference loses it.
	check(t, s.UpdateBlockDocument(ctx, saved.ID, prefect.BlockDocumentUpdate{Data: map[string]any{"image": "l"}}))
	read := must(s.BlockDocument(ctx, saved.ID, prefect.MaskSecrets))(t)
	want(t, "references after a plain update", len(read.References), 0)

	plain := &prefect.PlainBlock{Slug: "webhook", Data: map[string]any{"method": "GET", "url": "https://x/hunter2"}}
	hook := must(s.SaveBlock(ctx, s.name, plain, prefect.SaveBlockOptions{}))(t)
	want(t, "secret of a plain block", hook.Data["url"], any(prefect.SecretMask))
	must(s.LoadBlock(ctx, s.name, plain))(t)
	want(t, "in clear", plain.Data["url"], any("https://x/hunter2"))
	for _, id := range []prefect.ID{hook.ID, saved.ID, registry.ID, sp.ID} {
		check(t, s.DeleteBlockDocument(ctx, id))
	}
	_, _, err = s.RegisterBlock(ctx, s.name+"-no-such-type")
	wantKind(t, err, prefect.ErrNotFound)
}
