package api

// Parse reads a text as [Request.Decode] reads a body: for a websocket's messages, and for parts of a body that may have
// one form or another.
func Parse(text []byte, into any) error { return (&Request{body: text}).Decode(into) }
