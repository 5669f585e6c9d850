package db_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

func TestTable(t *testing.T) {
	var table db.Table[int]
	ids := make([]uuid.UUID, 6)
	for i := range ids {
		ids[i] = uuid.New()
		table.Put(ids[i], &i)
	}
	values := func(rows func(func(*int) bool)) (out []int) {
		for row := range rows {
			out = append(out, *row)
		}
		return out
	}
	for _, i := range []int{0, 2, 4, 5} { // more than half: the table is compacted on the way
		if !table.Delete(ids[i]) {
			t.Errorf("row %d was not there", i)
		}
	}
	if table.Delete(ids[0]) {
		t.Error("a row was deleted twice")
	}
	if diff := cmp.Diff([]int{1, 3}, values(table.All())); diff != "" {
		t.Errorf("forward (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]int{3, 1}, values(table.Backward())); diff != "" {
		t.Errorf("backward (-want +got):\n%s", diff)
	}
	if got := table.Get(ids[3]); got == nil || *got != 3 || table.Get(ids[2]) != nil || table.Len() != 2 {
		t.Errorf("got %v and %d rows, want row 3 of two", got, table.Len())
	}
}

// Rows may be deleted while the table is walked.
func TestTableDeletesOnTheWay(t *testing.T) {
	var table db.Table[uuid.UUID]
	for range 10 {
		id := uuid.New()
		table.Put(id, &id)
	}
	seen := 0
	for row := range table.All() {
		seen++
		table.Delete(*row)
	}
	if seen != 10 || table.Len() != 0 {
		t.Errorf("saw %d rows, %d are left, want all of 10 and none", seen, table.Len())
	}
}

// What is deleted ahead of a walk is not walked over, though the table is compacted meanwhile, and neither is what is added.
func TestTableDeletesAhead(t *testing.T) {
	var table db.Table[int]
	ids := make([]uuid.UUID, 10)
	for i := range ids {
		ids[i] = uuid.New()
		table.Put(ids[i], &i)
	}
	// At the first row most others go, which compacts the table; at the second, two of those that are left.
	deletes := map[int][]int{0: {1, 2, 3, 4, 5, 6}, 7: {8}}
	var seen []int
	for row := range table.All() {
		seen = append(seen, *row)
		for _, i := range deletes[*row] {
			table.Delete(ids[i])
		}
		table.Put(uuid.New(), new(100))
	}
	if diff := cmp.Diff([]int{0, 7, 9}, seen); diff != "" {
		t.Errorf("rows that were seen (-want +got):\n%s", diff)
	}
	if table.Len() != 6 {
		t.Errorf("got %d rows, want three old and three new", table.Len())
	}
}

func TestRunIDsGrow(t *testing.T) {
	var ids []string
	for range 1000 {
		ids = append(ids, db.NewRunBase().ID.String())
	}
	if !slices.IsSorted(ids) {
		t.Error("the ids of runs are not in the order in which they were made")
	}
}

func TestFlowRunKeys(t *testing.T) {
	d := db.New()
	flow, other := uuid.New(), uuid.New()
	run := &db.FlowRun{Run: db.Run{Base: db.NewRunBase()}, FlowID: flow, IdempotencyKey: new("k")}
	d.AddFlowRun(run)
	if d.FlowRunByKey(flow, "k") != run || d.FlowRunByKey(other, "k") != nil || d.FlowRunByKey(flow, "x") != nil {
		t.Error("a run was not found by its flow and key alone")
	}
	d.Logs[run.ID], d.Logs[other] = []*db.Log{{Name: "n"}}, []*db.Log{{Name: "m"}}
	if !d.ForgetFlowRun(run.ID) || d.ForgetFlowRun(run.ID) || d.FlowRunByKey(flow, "k") != nil {
		t.Error("a deleted run is still there")
	}
	if len(d.Logs) != 1 || len(d.Logs[other]) != 1 {
		t.Errorf("got %d lists of logs, want that of the other run alone", len(d.Logs))
	}
}

func TestPointedIsTheRecordThatAnIDNames(t *testing.T) {
	var table db.Table[string]
	id, row := uuid.New(), new("row")
	table.Put(id, row)
	for name, c := range map[string]struct {
		id   *uuid.UUID
		want *string
	}{
		"a record's":  {&id, row},
		"nobody's":    {new(uuid.New()), nil},
		"no id given": {nil, nil},
	} {
		if got := table.Pointed(c.id); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
