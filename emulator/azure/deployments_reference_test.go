package azureemulator_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure"
)

// Resources that ask for the state of another ask at once, and none of them holds up a resource that asks for nothing.
func TestDeploymentReferencesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
		w.ends("base", `"template":`+resourcesOf(identityResource))
		w.wire.control("PATCH", "settings", `{"latency":{"read":"10s"}}`)
		const principal = `[reference(resourceId('Microsoft.ManagedIdentity/userAssignedIdentities','me-too'),'2023-01-31').principalId]`
		var all []string
		for i := range 10 {
			all = append(all, fmt.Sprintf(`{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"asks-%d","location":"westeurope","tags":{"x":"%s"}}`, i, principal))
		}
		all = append(all, fmt.Sprintf(storageResource, "plain", ""))
		began := time.Now()
		put := w.begin("at-once", `"template":`+resourcesOf(strings.Join(all, ",")), 201)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		w.wire.control("PATCH", "settings", `{"latency":{"read":"0s"}}`) // for this test's own reads; those under way keep theirs
		if !w.exists("Microsoft.Storage/storageAccounts/plain") || w.exists("Microsoft.ManagedIdentity/userAssignedIdentities/asks-0") {
			t.Error("a resource that asks for nothing waited, or one that asks did not")
		}
		d := w.ended("at-once", put)
		if took := time.Since(began); d.Properties.ProvisioningState != "Succeeded" || took > 12*time.Second || !w.exists("Microsoft.ManagedIdentity/userAssignedIdentities/asks-9") {
			t.Errorf("%s %+v", took, d.Properties)
		}
	})
}

// What a template can ask about its own deployment is known when its outputs are computed; secrets are left out.
func TestDeploymentKnowsItself(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	d := w.ends("self", `"parameters":{"s":{"value":"hunter2-hunter2"},"p":{"value":"plain"}},"template":{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0",
"parameters":{"s":{"type":"secureString"},"p":{"type":"string"}},"resources":[],"outputs":{
"deployment":{"type":"object","value":"[deployment()]"},"group":{"type":"object","value":"[resourceGroup()]"},"subscription":{"type":"object","value":"[subscription()]"},
"tenant":{"type":"object","value":"[tenant()]"},"deployer":{"type":"object","value":"[deployer()]"},"environment":{"type":"string","value":"[environment().name]"}}}`)
	if d.Properties.ProvisioningState != "Succeeded" {
		t.Fatalf("%+v", d.Properties)
	}
	object := func(name string) map[string]any {
		o, _ := d.Properties.Outputs[name].Value.(map[string]any)
		return o
	}
	properties, _ := object("deployment")["properties"].(map[string]any)
	if object("deployment")["name"] != "self" || properties["templateHash"] == "" || properties["template"] == nil || !strings.Contains(fmt.Sprint(properties["parameters"]), "plain") || strings.Contains(fmt.Sprint(properties), "hunter2") {
		t.Errorf("deployment() is %v", object("deployment"))
	}
	if _, managed := object("group")["managedBy"]; object("group")["name"] != "g" || managed {
		t.Errorf("resourceGroup() is %v", object("group"))
	}
	if object("tenant")["countryCode"] != "US" || object("tenant")["displayName"] == "" || object("subscription")["displayName"] == "" || object("deployer")["objectId"] == "" {
		t.Errorf("%v", d.Properties.Outputs)
	}
}

// A template reads the secure outputs of a nested one, which no answer about that shows.
func TestDeploymentSecureOutputs(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	const head = `"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","languageVersion":"2.0"`
	d := w.ends("outer", `"template":{`+head+`,"resources":{"module":{"type":"Microsoft.Resources/deployments","apiVersion":"2025-04-01","name":"module","properties":{"mode":"Incremental","expressionEvaluationOptions":{"scope":"inner"},
"template":{`+head+`,"resources":{},"outputs":{"key":{"type":"securestring","value":"hunter2-hunter2"},"open":{"type":"string","value":"seen"}}}}},
"id":{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"made","location":"westeurope","tags":{"length":"[string(length(listOutputsWithSecureValues('module','2025-04-01').key))]"}}},
"outputs":{"length":{"type":"int","value":"[length(listOutputsWithSecureValues('module','2025-04-01').key)]"}}}`)
	if d.Properties.ProvisioningState != "Succeeded" || d.Properties.Outputs["length"].Value != 15.0 {
		t.Errorf("%+v", d.Properties)
	}
	if shown := w.wire.arm("GET", w.scope+"/providers/Microsoft.Resources/deployments/module?api-version=2021-04-01", "").text; strings.Contains(shown, "hunter2") || !strings.Contains(shown, "SecureString") {
		t.Errorf("the module shows %s", shown)
	}
}

// A template can ask what there is before it: of the resource that it makes, and of another that need not be there.
func TestDeploymentOptionalResources(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	const identity = `"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31"`
	for _, want := range []string{"first, without old", "again, without old", "again, with old"} {
		template := `{"$schema":"https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#","contentVersion":"1.0.0.0","languageVersion":"2.2-experimental","resources":{
"old":{"existing":true,"@options":{"nullIfNotFound":[]},` + identity + `,"name":"old"},
"new":{` + identity + `,"name":"new","location":"westeurope","tags":{"made":"[format('{0}, {1} old', if(empty(target('full')), 'first', 'again'), if(equals(reference('old', '2023-01-31', 'full'), null()), 'without', 'with'))]"}}},
"outputs":{"made":{"type":"string","value":"[reference('new', '2023-01-31', 'full').tags.made]"}}}`
		if want == "again, with old" {
			w.wire.arm("PUT", w.scope+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/old?api-version=2023-01-31", `{"location":"westeurope"}`)
		}
		if d := w.ends("asks", `"template":`+template); d.Properties.ProvisioningState != "Succeeded" || d.Properties.Outputs["made"].Value != want {
			t.Errorf("%+v; want %s", d.Properties, want)
		}
	}
}

// A resource is made again after the errors that its template names, and not after others.
func TestDeploymentRetryOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
		for i, test := range []struct {
			retryOn string
			fails   int
			state   string
		}{{`[["busy"],2]`, 2, "Succeeded"}, {`[["Busy"],1]`, 2, "Failed"}, {`[["Other"],2]`, 1, "Failed"}, {`[["Busy"]]`, 3, "Succeeded"}} {
			w.wire.control("DELETE", "faults", "")
			w.wire.control("POST", "faults", fmt.Sprintf(`{"match":{"operation":"UserAssignedIdentities_CreateOrUpdate"},"times":%d,"effect":{"status":409,"code":"Busy","message":"busy"}}`, test.fails))
			name := fmt.Sprint("try", i)
			d := w.ends(name, `"template":`+resourcesOf(`{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"`+name+`","location":"westeurope","@options":{"retryOn":`+test.retryOn+`}}`))
			if d.Properties.ProvisioningState != test.state {
				t.Errorf("%s after %d errors: %+v", test.retryOn, test.fails, d.Properties)
			}
		}
	})
}

// A resource that is to be made only once is left as it is, and one that is not there is made.
func TestDeploymentOnlyIfNotExists(t *testing.T) {
	w := withDeployments(t, azureemulator.Options{Engine: azureemulator.Simulate()})
	deploy := func(name, tag string) {
		t.Helper()
		one := func(of string) string {
			return `{"type":"Microsoft.ManagedIdentity/userAssignedIdentities","apiVersion":"2023-01-31","name":"` + of + `","location":"westeurope","tags":{"made":"` + tag + `"},"@options":{"onlyIfNotExists":[]}}`
		}
		if d := w.ends(name, `"template":`+resourcesOf(one("once")+","+one(name))); d.Properties.ProvisioningState != "Succeeded" || len(d.Properties.OutputResources) != 2 {
			t.Errorf("%+v", d.Properties)
		}
		for _, of := range []string{"once", name} {
			want := tag
			if of == "once" {
				want = "first"
			}
			if got := w.wire.arm("GET", w.scope+"/providers/Microsoft.ManagedIdentity/userAssignedIdentities/"+of+"?api-version=2023-01-31", "").text; !strings.Contains(got, `"made":"`+want+`"`) {
				t.Errorf("%s is %s", of, got)
			}
		}
	}
	deploy("one", "first")
	deploy("two", "second")
}
