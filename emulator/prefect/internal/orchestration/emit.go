package orchestration

import "github.com/pacific-aci/pacific/emulator/prefect/internal/view"

// emitChange tells of a flow run's new state.
func emitChange(t *transition) (after, undo func()) {
	return func() {
		if t.stored != nil {
			view.EmitState(t.o.db, view.Transition{Run: t.flow, Before: t.initial, After: t.stored})
		}
	}, nil
}
