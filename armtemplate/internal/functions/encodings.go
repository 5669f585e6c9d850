package functions

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var encodings = map[string]Function{
	"base64":          {1, 1, false, onText(func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) })},
	"base64tojson":    {1, 1, false, base64ToJSON},
	"base64tostring":  {1, 1, false, base64ToString},
	"datauri":         {1, 1, false, onText(dataURI)},
	"datauritostring": {1, 1, false, dataURIToString},
	"guid":            {1, -1, false, guid},
	"uniquestring":    {1, -1, false, uniqueString},
}

func base64ToString(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	text, ok := decode64(s)
	if !ok {
		return nil, value.Errorf("The template language function '%s' was invoked with a parameter that is not valid. The value cannot be decoded from base64 representation.", c.Name)
	}
	return text, nil
}

// decode64 takes white space between the characters, as .NET does.
func decode64(s string) (string, bool) {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n", r) {
			return -1
		}
		return r
	}, s)
	raw, err := base64.StdEncoding.DecodeString(s)
	return strings.ToValidUTF8(string(raw), string(utf8.RuneError)), err == nil
}

func base64ToJSON(c *Call) (value.Value, error) {
	text, err := base64ToString(c)
	if err != nil {
		return nil, err
	}
	v, err := document.ParseValue([]byte(text.(string)))
	if err != nil {
		return nil, value.Errorf("The template language function '%s' was invoked with a parameter that is not valid. The value cannot be decoded from base64 representation to JSON: %v", c.Name, err)
	}
	return v, nil
}

func dataURI(s string) string {
	return "data:text/plain;charset=utf-8;base64," + base64.StdEncoding.EncodeToString([]byte(s))
}

func dataURIToString(c *Call) (value.Value, error) {
	s, err := c.str(0)
	if err != nil {
		return nil, err
	}
	head, data, ok := strings.Cut(s, ",")
	if !ok || len(head) < 5 || !strings.EqualFold(head[:5], "data:") {
		return nil, value.Errorf("The template language function '%s' expects its parameter to be formatted as a valid data URI. The provided value '%s' was not formatted correctly.", c.Name, s)
	}
	if hasFoldSuffix(head, ";base64") {
		text, ok := decode64(data)
		if !ok {
			return nil, value.Errorf("The template language function '%s' was invoked with a parameter that is not valid. The value cannot be converted to the target type.", c.Name)
		}
		return text, nil
	}
	return unescapeURI(data), nil
}

func hasFoldSuffix(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// unescapeURI decodes every valid escape and leaves the others alone.
func unescapeURI(s string) string {
	if t, err := url.PathUnescape(s); err == nil && utf8.ValidString(t) {
		return t
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			if raw, err := hex.DecodeString(s[i+1 : i+3]); err == nil {
				b.WriteByte(raw[0])
				i += 2
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), string(utf8.RuneError))
}

// guidNamespace is the namespace of ARM's name-based identifiers, 11fb06fb-712d-4ddd-98c7-e71bbd588830.
var guidNamespace = []byte{0x11, 0xfb, 0x06, 0xfb, 0x71, 0x2d, 0x4d, 0xdd, 0x98, 0xc7, 0xe7, 0x1b, 0xbd, 0x58, 0x88, 0x30}

// guid is a version 5 UUID of the arguments joined with hyphens.
func guid(c *Call) (value.Value, error) {
	name, err := hashed(c)
	if err != nil {
		return nil, err
	}
	h := sha1.New()
	h.Write(guidNamespace)
	h.Write([]byte(name))
	id := h.Sum(nil)[:16]
	id[6] = id[6]&0x0f | 0x50
	id[8] = id[8]&0x3f | 0x80
	return GUID([16]byte(id)), nil
}

// GUID writes the bytes of a UUID.
func GUID(id [16]byte) string {
	s := hex.EncodeToString(id[:])
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

func hashed(c *Call) (string, error) {
	for i, a := range c.Args {
		switch a.(type) {
		case string, int64, bool:
		default:
			return "", c.invalid(i, "a string")
		}
	}
	texts := make([]string, len(c.Args))
	for i, a := range c.Args {
		texts[i] = Text(a)
	}
	return strings.Join(texts, "-"), nil
}

// uniqueString is a 64-bit hash of the arguments, joined with hyphens, as 13 characters of base 32.
func uniqueString(c *Call) (value.Value, error) {
	name, err := hashed(c)
	if err != nil {
		return nil, err
	}
	const alphabet = "abcdefghijklmnopqrstuvwxyz234567"
	h := hash64([]byte(name))
	out := make([]byte, 13)
	for i := range out {
		out[i] = alphabet[h>>59]
		h <<= 5
	}
	return string(out), nil
}

// hash64 is the hash of uniqueString: MurmurHash's 32-bit rounds over two interleaved words.
func hash64(b []byte) uint64 {
	const a, z = 0x239B961B, 0xAB0E9789
	var h1, h2 uint32
	size := uint32(len(b))
	for ; len(b) >= 8; b = b[8:] {
		k1, k2 := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:])
		h1 ^= bits.RotateLeft32(k1*a, 15) * z
		h1 = (bits.RotateLeft32(h1, 19)+h2)*5 + 0x561CCD1B
		h2 ^= bits.RotateLeft32(k2*z, 17) * a
		h2 = (bits.RotateLeft32(h2, 13)+h1)*5 + 0x0BCAA747
	}
	if len(b) > 0 {
		var tail [8]byte
		copy(tail[:], b)
		h1 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[:])*a, 15) * z
		if len(b) > 4 {
			h2 ^= bits.RotateLeft32(binary.LittleEndian.Uint32(tail[4:])*z, 17) * a
		}
	}
	h1, h2 = h1^size, h2^size
	h1 += h2
	h2 += h1
	h1, h2 = finish32(h1), finish32(h2)
	h1 += h2
	h2 += h1
	return uint64(h2)<<32 | uint64(h1)
}

func finish32(x uint32) uint32 {
	x = (x ^ x>>16) * 0x85EBCA6B
	x = (x ^ x>>13) * 0xC2B2AE35
	return x ^ x>>16
}
