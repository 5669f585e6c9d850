package bench

import (
	"strings"
	"testing"
	"time"
)

// demoWithin is what a newcomer waits for the whole of `pacific demo`.
const demoWithin = 15 * time.Second

// measureDemo times whole processes of the demo, each from nothing to nothing.
func measureDemo(t *testing.T, b *bench) {
	t.Setenv("PREFECT_API_URL", "") // its own API, whatever else there is
	var took sample
	for range min(b.size.rounds, 5) {
		wall, text := timed(t, b.pacific, "demo", "--output", "json")
		if !strings.Contains(text, `"outcome":"completed"`) {
			t.Fatalf("the demo has not completed: %s", text)
		}
		took.add(wall)
	}
	got := took.median()
	b.table.add(row{what: "`pacific demo`, the whole process", got: millis(got), expected: "under 15 s", missed: got >= demoWithin})
}
