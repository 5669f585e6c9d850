package directory_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

func TestApplications(t *testing.T) {
	d := directory.New(nil)
	d.StartWith(directory.Application{ID: "A1", AppID: "C1", DisplayName: "own"}, directory.Principal{ID: "P1", AppID: "C1"})
	a := d.Add(directory.Application{DisplayName: "new"})
	p, isNew := d.AddPrincipal(directory.Principal{AppID: a.AppID, DisplayName: "new"})
	if again, second := d.AddPrincipal(directory.Principal{AppID: strings.ToUpper(a.AppID)}); !isNew || second || again.ID != p.ID {
		t.Errorf("adding a principal twice: %t %t, %s and %s", isNew, second, p.ID, again.ID)
	}
	refused := errors.New("refused")
	for _, fail := range []error{refused, nil} {
		found, err := d.Change(strings.ToUpper(a.ID), func(a *directory.Application) error { a.DisplayName = "changed"; return fail })
		if got, _ := d.Application(a.ID); !found || err != fail || (got.DisplayName == "changed") != (fail == nil) {
			t.Errorf("change that ends with %v: found %t, %v, name %s", fail, found, err, got.DisplayName)
		}
	}
	if got, ok := d.ApplicationOf(strings.ToUpper(a.AppID)); !ok || got.ID != a.ID {
		t.Errorf("by client id: %+v", got)
	}
	if !d.Delete(a.ID) || d.Delete(a.ID) {
		t.Error("an application is not deleted once")
	}
	if _, ok := d.PrincipalOf(a.AppID); ok {
		t.Error("the principal of a deleted application is there")
	}
	d.Delete("a1")
	d.Add(directory.Application{})
	d.Reset()
	if apps, principals := d.Applications(), d.Principals(); len(apps) != 1 || len(principals) != 1 || apps[0].ID != "A1" || principals[0].ID != "P1" {
		t.Errorf("after a reset: %+v, %+v", apps, principals)
	}
}

func TestIdentities(t *testing.T) {
	d := directory.New(nil)
	const id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ManagedIdentity/userAssignedIdentities/Me"
	p := d.AddIdentity(id, "Me", true)
	if again := d.AddIdentity(strings.ToUpper(id), "Me", true); again.ID != p.ID {
		t.Errorf("the same identity has two principals: %s and %s", p.ID, again.ID)
	}
	if got, ok := d.Identity(strings.ToLower(id)); !ok || got.ID != p.ID || !got.Managed() {
		t.Errorf("by resource id: %+v", got)
	}
	if !d.DeleteIdentity(id) || d.DeleteIdentity(id) {
		t.Error("an identity is not deleted once")
	}
	if again := d.AddIdentity(id, "Me", true); again.ID == p.ID || again.AppID == p.AppID {
		t.Error("an identity that was made anew has the ids of the old one")
	}
	if _, ok := d.Principal(p.ID); ok {
		t.Error("the old principal is there")
	}
}

func TestSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := directory.New(func() time.Duration { return time.Minute })
		a := d.Add(directory.Application{})
		if d.Settled(a.Created) || !d.Settled(time.Time{}) {
			t.Error("a new application is known at once, or one of the start is not")
		}
		time.Sleep(time.Minute)
		if !d.Settled(a.Created) {
			t.Error("an application is not known after the delay")
		}
	})
}

func TestNewPassword(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		p := directory.NewPassword("name", time.Time{}, time.Time{})
		if len(p.Value) != 40 || p.Value[3:6] != "8Q~" || p.Hint != p.Value[:3] || p.Value[0] == '-' || seen[p.Value] {
			t.Fatalf("a secret of %d characters, hint %q", len(p.Value), p.Hint)
		}
		seen[p.Value] = true
	}
}
