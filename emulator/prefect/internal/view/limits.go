package view

import "github.com/pacific-aci/pacific/emulator/prefect/internal/db"

// Limit is a limit as GET shows it: with the slots of this moment.
func Limit(l *db.ConcurrencyLimit) any {
	if l == nil {
		return nil
	}
	return struct {
		db.Base
		Active             bool    `json:"active"`
		Name               string  `json:"name"`
		Limit              int     `json:"limit"`
		ActiveSlots        int     `json:"active_slots"`
		SlotDecayPerSecond float64 `json:"slot_decay_per_second"`
	}{l.Base, l.Active, l.Name, l.Limit, l.SlotsNow(), l.SlotDecayPerSecond}
}
