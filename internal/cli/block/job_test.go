package block

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// TestJobBlockFieldsHaveFlags walks the fields of the job block, and fails when one has no flag.
func TestJobBlockFieldsHaveFlags(t *testing.T) {
	definition, ok := prefect.FindBlockDefinition(cmdutil.SlugACIJob, 2)
	if !ok {
		t.Fatal("there is no job block")
	}
	var fields blockFields
	if err := json.Unmarshal(definition.Fields, &fields); err != nil {
		t.Fatal(err)
	}
	cmd, _, err := NewCommand(cmdutil.NewApp(cmdutil.Env{Args: []string{}})).Find([]string{"create", cmdutil.SlugACIJob})
	if err != nil {
		t.Fatal(err)
	}
	for field := range fields.Properties {
		flag := cmdutil.JobBlockFlags()[field]
		if field != "type" && flag != cmdutil.CommandField && cmd.Flags().Lookup(flag) == nil {
			t.Errorf("the field %s has no flag (%q)", field, flag)
		}
	}
	if got, want := len(cmdutil.JobBlockFlags()), reflect.TypeFor[prefect.AzureContainerInstanceJob]().NumField(); got != want {
		t.Errorf("%d flags are named for the %d fields of the Go type", got, want)
	}
	if got, want := len(cmdutil.JobBlockFlags()), len(fields.Properties)-1; got != want {
		t.Errorf("%d flags are named for the %d fields of the schema besides type", got, want)
	}
}
