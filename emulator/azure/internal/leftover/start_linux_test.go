package leftover

import "testing"

func TestStartIn(t *testing.T) {
	const rest = " 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 123456 0 0"
	for _, tt := range []struct{ name, stat, want string }{
		{"it sleeps", "7 (pacific) S" + rest, "123456"},
		{"it runs, with a name that lies", "7 (a) Z 1 (b)) R" + rest, "123456"},
		{"nobody has reaped it", "7 (pacific) Z" + rest, ""},
		{"it is being reaped", "7 (pacific) X" + rest, ""},
		{"cut off", "7 (pacific) S 1 7", ""},
		{"empty", "", ""},
	} {
		if got := startIn([]byte(tt.stat)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
