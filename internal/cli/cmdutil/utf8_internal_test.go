package cmdutil

import "testing"

// TestPlainText reads what editors and shells write as text, and leaves alone what is not whole.
func TestPlainText(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "p\u00e4ss", "p\u00e4ss"},
		{"UTF-8 with a mark", "\xef\xbb\xbfpw", "pw"},
		{"UTF-16, little end first", "\xff\xfep\x00\xe4\x00=\xd8\x00\xde\r\x00\n\x00", "p\u00e4\U0001f600\r\n"},
		{"UTF-16, big end first", "\xfe\xff\x00p\x00\xe4", "p\u00e4"},
		{"a mark and nothing else", "\xff\xfe", ""},
		{"half a character", "\xff\xfep\x00q", "\xff\xfep\x00q"},
		{"half a pair", "\xff\xfe=\xd8p\x00", "\xff\xfe=\xd8p\x00"},
		{"latin1", "p\xe4ss", "p\xe4ss"},
		{"nothing", "", ""},
	} {
		if got := string(plainText([]byte(test.text))); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
