// Package neterr gives HTTP requests deadlines, and says by cause why one brought no
// answer: a certificate, a proxy, a name that does not exist, a server that stalls.
// Both clients, of Azure and of Prefect, send every request through its [Transport],
// so that the same cause has the same words and the same consequence in both.
package neterr
