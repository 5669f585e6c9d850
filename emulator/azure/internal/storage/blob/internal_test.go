package blob

import (
	"bytes"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is signed of a request with everything in it, as the documentation has it.
func TestStringToSign(t *testing.T) {
	r := httptest.NewRequest("PUT", "https://acct.blob.core.windows.net/c/a%20b?Timeout=20&comp=block&BLOCKID=b%2B&comp=aaa", strings.NewReader("12345"))
	for name, value := range map[string]string{
		"Content-Type": "text/plain", "Content-MD5": "sum", "Range": "bytes=0-1", "If-Match": "*", "Date": "not signed", "x-ms-date": " Fri, 26 Jun 2026 23:39:12 GMT ",
		"x-ms-version": "2023-11-03", "x-ms-meta-ab": "2", "x-ms-meta-a-c": "3", "x-ms-meta-a": "1",
	} {
		r.Header.Set(name, value)
	}
	want := strings.Join([]string{
		"PUT", "", "", "5", "sum", "text/plain", "", "", "*", "", "", "bytes=0-1",
		"x-ms-date:Fri, 26 Jun 2026 23:39:12 GMT", "x-ms-meta-a:1", "x-ms-meta-ab:2", "x-ms-meta-a-c:3", "x-ms-version:2023-11-03",
		"/acct/c/a%20b", "blockid:b+", "comp:aaa,block", "timeout:20",
	}, "\n")
	if diff := cmp.Diff(want, stringToSign(r, "acct")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	bare := httptest.NewRequest("GET", "https://acct.blob.core.windows.net?comp=list", nil)
	if got := stringToSign(bare, "acct"); !strings.HasSuffix(got, "\n/acct/\ncomp:list") {
		t.Errorf("%q", got)
	}
}

// Headers are in the order of words: a hyphen counts last, an underscore comes before digits, and those before letters.
func TestHeaderOrder(t *testing.T) {
	want := []string{"x-ms-a", "x-ms-a_b", "x-ms-a1", "x-ms-ab", "x-ms-a-b", "x-ms-ac"}
	got := slices.SortedFunc(slices.Values([]string{"x-ms-ac", "x-ms-a-b", "x-ms-a1", "x-ms-ab", "x-ms-a_b", "x-ms-a"}), compareHeaders)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The strings that signatures of each version sign.
func TestResourceText(t *testing.T) {
	lines := func(sv string, delegated bool) int {
		sig := &signature{blob: true}
		if delegated {
			sig.principal = testPrincipal
		}
		return strings.Count(resourceText(map[string][]string{"sv": {sv}}, place{account: Account{ID: testAccount}, container: "c", blob: "b"}, sig), "\n") + 1
	}
	for _, tt := range []struct {
		version   string
		delegated bool
		want      int
	}{
		{"2015-04-05", false, 13}, {"2018-11-09", false, 15}, {"2020-12-06", false, 16}, {"2018-11-09", true, 20}, {"2020-02-10", true, 23}, {"2020-12-06", true, 24},
		{"2025-07-05", true, 26}, {"2026-04-06", true, 28},
	} {
		if got := lines(tt.version, tt.delegated); got != tt.want {
			t.Errorf("%s %t: %d lines, want %d", tt.version, tt.delegated, got, tt.want)
		}
	}
}

// Memory is charged for what is kept, and freed with it; what there is no room for is refused.
func TestMemory(t *testing.T) {
	s := &Service{memory: &memory{limit: 3 << 20}}
	all, p := s.read(bytes.NewReader(make([]byte, 2<<20)), 2<<20)
	if p != nil || all.size != 2<<20 || len(all.pieces) != 2 {
		t.Fatalf("%v, %d in %d", p, all.size, len(all.pieces))
	}
	if _, p := s.read(bytes.NewReader(make([]byte, 2<<20)), 2<<20); p == nil || p.code != "RequestBodyTooLarge" {
		t.Errorf("%v", p)
	}
	if _, p := s.read(bytes.NewReader(make([]byte, 10)), 11); p == nil || p.code != "InvalidInput" {
		t.Errorf("%v", p)
	}
	if s.memory.used != 2<<20 {
		t.Errorf("%d bytes are charged", s.memory.used)
	}
	var got bytes.Buffer
	if err := all.writeTo(&got, 1<<20-2, 5); err != nil || got.Len() != 5 {
		t.Errorf("%v, %d", err, got.Len())
	}
}
