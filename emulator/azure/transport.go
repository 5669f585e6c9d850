package azureemulator

import "net/http"

// Transport returns a transport whose every connection, to whichever host, by http or https, ends in
// this server: a real http.Transport and a real http.Server with pipes between them and no
// TLS. Dropped connections, hijacking, websockets and half-sent bodies are as on a network.
// It ends with the server.
func (s *Server) Transport() http.RoundTripper { return s.inProcess.Transport() }
