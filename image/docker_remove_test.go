package image_test

import (
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/image"
)

// TestRemove takes a registry's credential away, wherever docker's configuration keeps it, and nothing else.
func TestRemove(t *testing.T) {
	for name, test := range map[string]struct{ before, after string }{
		"file":           {`{"auths":{"other.example":{"auth":"YTpi"}},"HttpHeaders":{"a":"b"}}`, `{"auths":{"other.example":{"auth":"YTpi"}},"HttpHeaders":{"a":"b"}}`},
		"the last one":   {`{"auths":{}}`, `{"auths":{}}`},
		"a store":        {`{"credsStore":"one"}`, `{"credsStore":"one","auths":{}}`},
		"a helper":       {`{"credsStore":"one","credHelpers":{"jobs.azurecr.io":"two"}}`, `{"credsStore":"one","credHelpers":{"jobs.azurecr.io":"two"},"auths":{}}`},
		"an old entry":   {`{"auths":{"https://jobs.azurecr.io/v1/":{"auth":"bWU6cGFzcw=="}}}`, `{"auths":{}}`},
		"one like it":    {`{"auths":{"xjobs.azurecr.io":{"auth":"bWU6cGFzcw=="}}}`, `{"auths":{"xjobs.azurecr.io":{"auth":"bWU6cGFzcw=="}}}`},
		"the file's own": {``, `{"auths":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			helpers(t, "one", "two")
			d := configFile(t, test.before)
			if _, err := d.Store(t.Context(), server, image.Credential{Token: "refresh-token"}); err != nil {
				t.Fatal(err)
			}
			removed, err := d.Remove(t.Context(), server)
			if err != nil || !removed {
				t.Fatalf("removed: %v, %v", removed, err)
			}
			if left, err := d.Get(t.Context(), server); err != nil || !left.Empty() {
				t.Errorf("docker still has %v, %v", left, err)
			}
			text, err := os.ReadFile(d.Path)
			var got, want any
			if err := errors.Join(err, json.Unmarshal(text, &got), json.Unmarshal([]byte(test.after), &want)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if again, err := d.Remove(t.Context(), server); err != nil || again {
				t.Errorf("a second time: %v, %v", again, err)
			}
		})
	}
}

// TestRemoveNothing makes no file and changes none.
func TestRemoveNothing(t *testing.T) {
	helpers(t, "broken")
	for _, text := range []string{"", `{ "auths": {"other.example": {"auth": "YTpi"}} }`} {
		d := configFile(t, text)
		if removed, err := d.Remove(t.Context(), server); err != nil || removed {
			t.Errorf("%q: %v, %v", text, removed, err)
		}
		if after, _ := os.ReadFile(d.Path); string(after) != text {
			t.Errorf("%q became %q", text, after)
		}
	}
	if removed, err := configFile(t, `{"credsStore":"broken"}`).Remove(t.Context(), server); err == nil || removed {
		t.Error("a helper that fails is no error")
	}
}
