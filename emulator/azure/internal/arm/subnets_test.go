package arm_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
)

func id(t *testing.T, name string) arm.ResourceID {
	t.Helper()
	id, err := arm.ParseResourceID(armtest.Sub + "/resourceGroups/g/providers/Contoso.Net/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func fine(arm.Subnet) error { return nil }

// Addresses are given out in order, IPv4 ones only, from range to range, and again when they are free.
func TestSubnetAddresses(t *testing.T) {
	var s arm.Subnets
	subnet := id(t, "nets/n/subnets/s")
	enter := []arm.SubnetChange{{ID: subnet, After: &arm.Subnet{ID: subnet, Prefixes: []netip.Prefix{
		netip.MustParsePrefix("fd00::/64"), netip.MustParsePrefix("10.0.0.0/29"), netip.MustParsePrefix("10.0.1.8/29"),
	}}}}
	if err := s.Change(enter, nil); err != nil {
		t.Fatal(err)
	}
	join := func(name string) string {
		t.Helper()
		address, ok, err := s.Join(subnet, id(t, "things/"+name), fine)
		if !ok || err != nil {
			t.Fatalf("%s: %v, %v", name, ok, err)
		}
		return address.String()
	}
	for i, want := range []string{"10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.1.12", "10.0.1.13", "10.0.1.14", "invalid IP"} {
		if got := join(fmt.Sprint(i)); got != want {
			t.Errorf("the address number %d is %s, want %s", i, got, want)
		}
	}
	if got := join("3"); got != "10.0.1.12" {
		t.Errorf("who joins again gets %s", got)
	}
	s.Leave(id(t, "things/1"), subnet)
	if got := join("6"); got != "invalid IP" {
		t.Errorf("who stays in a subnet has left it: %s is free", got)
	}
	s.Leave(id(t, "things/1"))
	if got := join("6"); got != "10.0.0.5" {
		t.Errorf("an address that is free again: %s", got)
	}
	if _, ok, _ := s.Join(id(t, "nets/n/subnets/none"), id(t, "things/0"), fine); ok {
		t.Error("joined a subnet that there is not")
	}
	no := errors.New("no")
	if _, _, err := s.Join(subnet, id(t, "things/new"), func(arm.Subnet) error { return no }); err != no || len(s.Members(subnet)) != 6 {
		t.Errorf("refused: %v, %d members", err, len(s.Members(subnet)))
	}
	// Changes are made together or not at all.
	other := id(t, "nets/n/subnets/other")
	changes := []arm.SubnetChange{{ID: other, After: &arm.Subnet{ID: other}}, {ID: subnet}}
	if err := s.Change(changes, func(arm.Subnet, *arm.Subnet, []arm.Member) error { return no }); err != no {
		t.Errorf("a change that is refused: %v", err)
	}
	if _, ok, _ := s.Join(other, id(t, "things/0"), fine); ok {
		t.Error("half of a refused change was made")
	}
}

// A resource group lets go of what another of its resources needs after that one, and stays if something is needed from outside.
func TestGroupIsEmptiedInPasses(t *testing.T) {
	c := armtest.NewCore(t, "")
	armtest.Group(t, c, "g")
	needed := map[string]string{"first": "second", "second": "third"}
	c.AddType(arm.ResourceType{Type: "Contoso.Net/things", Delete: func(_ context.Context, r arm.ResourceID) error {
		if by, ok := needed[r.Name()]; ok {
			if _, there := c.Get(id(t, "things/"+by)); there {
				return errors.New("in use")
			}
		}
		c.Delete(r)
		return nil
	}})
	for _, name := range []string{"first", "second", "third"} {
		armtest.Put(t, c, arm.Resource{ID: id(t, "things/"+name), Location: "eastus"})
	}
	needed["third"] = "first" // a circle: none can go
	empty, err := c.DeleteGroup("g")
	if err != nil {
		t.Fatal(err)
	}
	if err := empty(t.Context()); err == nil {
		t.Error("a group of resources that need each other has gone")
	}
	delete(needed, "third")
	if empty, err = c.DeleteGroup("g"); err != nil {
		t.Fatal(err)
	}
	if err := empty(t.Context()); err != nil {
		t.Errorf("a group of resources that need each other in a row: %v", err)
	}
	if _, ok := c.Group("g"); ok {
		t.Error("the group is still there")
	}
}
