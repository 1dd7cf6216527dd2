package httpclient

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"time"
)

const (
	// maxIdlePerHost keeps a connection for each of terraform's -parallelism up
	// to what large configurations use; net/http's default of 2 would dial anew
	// for most requests.
	maxIdlePerHost = 64
	// sharedIdle is how long the pool keeps an idle connection. Idempotent calls that
	// find it closed are simply repeated.
	sharedIdle = 90 * time.Second
	// maxHeaderBytes bounds an answer's header.
	maxHeaderBytes = 64 << 10
	// maxCACertFile bounds a file of certificates, in bytes: several times what
	// systems trust by default.
	maxCACertFile = 4 << 20
)

// newTransport returns the one keep-alive pool, or the transport for what must not be
// sent twice. There each request has a new connection: on a kept one that the server is
// just closing, nobody could say whether the request was carried out. It speaks HTTP/1.1
// only, because HTTP/2 repeats requests on another connection by itself.
func newTransport(cfg Config, singleShot bool) *http.Transport {
	dial := cfg.Dial
	if dial == nil {
		// Dials go on when the request that wanted them has given up; this
		// limit and that of the handshake end them.
		d := &net.Dialer{Timeout: cfg.RequestTimeout, KeepAlive: 30 * time.Second}
		if cfg.BaseURL.Scheme == "http" {
			d.Control = onlyLoopback
		}
		dial = d.DialContext
	}
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	protocols.SetHTTP2(!singleShot)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dial,
		TLSHandshakeTimeout:    cfg.RequestTimeout,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.RootCAs},
		MaxIdleConnsPerHost:    maxIdlePerHost,
		IdleConnTimeout:        sharedIdle,
		MaxResponseHeaderBytes: maxHeaderBytes,
		DisableKeepAlives:      singleShot,
		Protocols:              &protocols,
		// All requests share one HTTP/2 connection. Without pings every repeat would be
		// sent on a dead one as well.
		HTTP2: &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// LoadCACertFile returns the system's certificate authorities and those of a PEM
// file. It fails when the file cannot be read, holds no certificate, or holds
// one that cannot be parsed; other PEM blocks are passed over.
func LoadCACertFile(path string) (*x509.CertPool, error) {
	content, err := ReadFile(path, maxCACertFile, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot read the certificate file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without a store; the file may be all there is
	}
	found := 0
	for block, rest := pem.Decode(content); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		found++
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("certificate %d of %s cannot be parsed: %w", found, path, err)
		}
		pool.AddCert(cert)
	}
	if found == 0 {
		return nil, fmt.Errorf("%s: no PEM certificate in it", path)
	}
	return pool, nil
}
