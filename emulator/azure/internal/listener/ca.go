package listener

import (
	"bytes"
	"container/list"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"time"
)

// lifetime of the authority and of what it issues. An emulator lives for a test or a working day; a year covers those
// that people forget.
const lifetime = 365 * 24 * time.Hour

// maxLeaves bounds the certificates that are kept: a client may ask for any number of names.
const maxLeaves = 256

// CA is the authority of one emulator: made at its start, kept in memory alone, gone with it. Its keys are P-256, which
// take a tenth of a millisecond to make where RSA takes a hundred.
type CA struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	pem  []byte

	mu     sync.Mutex
	leaves map[string]*list.Element
	recent *list.List // of *leaf, the newest use first
}

type leaf struct {
	name string
	cert *tls.Certificate
}

// NewCA makes an authority.
func NewCA() (*CA, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making the authority's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          serial(),
		Subject:               pkix.Name{CommonName: "Pacific emulated Azure", Organization: []string{"Pacific"}},
		NotBefore:             time.Now().Add(-time.Hour), // a client's clock may be a little behind
		NotAfter:              time.Now().Add(lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, fmt.Errorf("signing the authority: %w", err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("reading the authority back: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &CA{cert: cert, key: key, pem: text, leaves: map[string]*list.Element{}, recent: list.New()}, nil
}

// PEM is the authority's certificate, for clients to trust.
func (c *CA) PEM() []byte { return bytes.Clone(c.pem) }

// certificate issues, or finds again, the certificate for a server name or address.
func (c *CA) certificate(name string) (*tls.Certificate, error) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.leaves[name]; ok {
		c.recent.MoveToFront(at)
		return at.Value.(*leaf).cert, nil
	}
	cert, err := c.issue(name)
	if err != nil {
		return nil, fmt.Errorf("issuing a certificate for %s: %w", name, err)
	}
	c.leaves[name] = c.recent.PushFront(&leaf{name: name, cert: cert})
	if c.recent.Len() > maxLeaves {
		oldest := c.recent.Remove(c.recent.Back()).(*leaf)
		delete(c.leaves, oldest.name)
	}
	return cert, nil
}

func (c *CA) issue(name string) (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial(),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    c.cert.NotBefore,
		NotAfter:     c.cert.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(name) > 64 {
		template.Subject.CommonName = "" // X.520's bound; the name below counts
	}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, c.cert, key.Public(), c.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der, c.cert.Raw}, PrivateKey: key}, nil
}

func serial() *big.Int {
	bits := make([]byte, 16)
	rand.Read(bits) // never fails
	bits[0] &= 0x7f
	return new(big.Int).SetBytes(bits)
}
