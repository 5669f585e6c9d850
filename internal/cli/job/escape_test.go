package job

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

func TestEscapable(t *testing.T) {
	for _, keys := range []string{"ls\r\x1dexit\r", "ls\r\x1d"} {
		for name, r := range map[string]io.Reader{"at once": strings.NewReader(keys), "key by key": iotest.OneByteReader(strings.NewReader(keys))} {
			left := 0
			got, err := io.ReadAll(&escapable{r: r, left: func() { left++ }})
			if string(got) != "ls\r" || !errors.Is(err, errLeft) || left != 1 {
				t.Errorf("%q %s: got %q, %v, left %d times", keys, name, got, err, left)
			}
		}
	}
	got, err := io.ReadAll(&escapable{r: strings.NewReader("ls\r\x04"), left: func() { t.Error("left") }})
	if string(got) != "ls\r\x04" || err != nil {
		t.Errorf("without the key: got %q, %v", got, err)
	}
}
