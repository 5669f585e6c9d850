package orchestration

import "github.com/pacific-aci/pacific/emulator/prefect/internal/notice"

// emitChange tells of a flow run's new state.
func emitChange(t *transition) (after, undo func()) {
	return func() {
		if t.stored != nil {
			notice.State(t.o.db, notice.Transition{Run: t.flow, Before: t.initial, After: t.stored})
		}
	}, nil
}
