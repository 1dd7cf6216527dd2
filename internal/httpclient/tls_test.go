package httpclient

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// serveTLS answers with the protocol that a request came by.
func serveTLS(t *testing.T, change func(*httptest.Server)) *httptest.Server {
	t.Helper()
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }))
	srv.EnableHTTP2 = true
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	if change != nil {
		change(srv)
	}
	srv.StartTLS()
	t.Cleanup(srv.Close)
	return srv
}

// caFile writes a server's certificate between things that are none.
func caFile(t *testing.T, srv *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	content := "# our proxy\n" + string(pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: []byte("x")})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}))
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestTLSTrustsTheFileOnly(t *testing.T) {
	srv := serveTLS(t, nil)
	c, clock := newTestClient(t, srv.URL, nil)
	_, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantError(t, err, KindTLS, false)
	if len(clock.sleeps()) != 0 {
		t.Error("an untrusted certificate was tried again")
	}

	pool, err := LoadCACertFile(caFile(t, srv))
	if err != nil {
		t.Fatal(err)
	}
	if system, err := x509.SystemCertPool(); err == nil {
		if system.AddCert(srv.Certificate()); !pool.Equal(system) {
			t.Error("the file's certificates are not trusted besides the system's")
		}
	}
	c, _ = newTestClient(t, srv.URL, func(cfg *Config) { cfg.RootCAs = pool })
	resp, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
	if got := wantStatus(t, resp, err, 200); got != "HTTP/2.0" {
		t.Errorf("the pool speaks %s", got)
	}
	resp, err = send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
	if got := wantStatus(t, resp, err, 200); got != "HTTP/1.1" {
		t.Errorf("minting speaks %s; HTTP/2 replays by itself", got)
	}

	// The certificate is for example.com and 127.0.0.1, not for localhost.
	c, _ = newTestClient(t, strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), func(cfg *Config) { cfg.RootCAs = pool })
	_, err = send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantError(t, err, KindTLS, false)
}

func TestTLSVersions(t *testing.T) {
	for version, ok := range map[uint16]bool{tls.VersionTLS10: false, tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		srv := serveTLS(t, func(s *httptest.Server) {
			s.TLS = &tls.Config{MinVersion: version, MaxVersion: version} // what the client must refuse, too
		})
		pool := x509.NewCertPool()
		pool.AddCert(srv.Certificate())
		c, _ := newTestClient(t, srv.URL, func(cfg *Config) { cfg.RootCAs = pool })
		for _, call := range []Call{{}, {SingleShot: true}} {
			resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", call)
			if ok {
				wantStatus(t, resp, err, 200)
			} else {
				wantError(t, err, KindHandshake, false)
			}
		}
		for _, tr := range []*http.Transport{c.shared, c.singleShot} {
			if tr.TLSClientConfig.InsecureSkipVerify {
				t.Error("verification is off")
			}
		}
	}
}

// A port that does not speak TLS has no certificate that could be trusted.
func TestHTTPSToAPlainServer(t *testing.T) {
	var reached atomic.Int64
	srv := serve(t, func(http.ResponseWriter, *http.Request) { reached.Add(1) })
	c, _ := newTestClient(t, strings.Replace(srv.URL, "http:", "https:", 1), nil)
	_, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantError(t, err, KindHandshake, false)
	if reached.Load() != 0 || !strings.Contains(err.Error(), "plain http") {
		t.Errorf("%d requests arrived in the clear; %v", reached.Load(), err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	go func() {
		if conn, err := l.Accept(); err == nil {
			_, _ = io.WriteString(conn, "SSH-2.0-OpenSSH_9.6\r\n")
			_ = conn.Close()
		}
	}()
	c, _ = newTestClient(t, "https://"+l.Addr().String(), nil)
	_, err = send(t.Context(), c, http.MethodGet, "/", "", Call{})
	wantError(t, err, KindHandshake, false)
}

func TestLoadCACertFileRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"empty": "", "text": "not a certificate",
		"key only":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("hunter2")})),
		"bad block": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})),
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := LoadCACertFile(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want an error that names the file", name, err)
		}
	}
	second := filepath.Join(dir, "second")
	good := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: serveTLS(t, nil).Certificate().Raw})
	if err := os.WriteFile(second, append(good, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})...), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadCACertFile(second); err == nil || !strings.Contains(err.Error(), "certificate 2 of") {
		t.Errorf("%v; want to know which certificate is bad", err)
	}
	if _, err := LoadCACertFile(filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

// Some faults of crypto/tls have no type, only a prefix.
func TestIsHandshake(t *testing.T) {
	for err, want := range map[error]bool{
		errors.New("tls: no supported versions satisfy MinVersion"):                      true,
		fmt.Errorf("dial: %w", errors.New("tls: first record does not look like a TLS")): true,
		errors.New("connection reset"):                                                   false,
		fmt.Errorf("dial: %w", errors.New("refused, not tls: at all")):                   false,
	} {
		if got := isHandshake(err); got != want {
			t.Errorf("%v: %t", err, got)
		}
	}
}

func TestTransportLimits(t *testing.T) {
	for name, tr := range map[string]*http.Transport{
		"shared":      newTransport(Config{BaseURL: &url.URL{}, RequestTimeout: 7 * time.Second}, false),
		"single shot": newTransport(Config{BaseURL: &url.URL{}, RequestTimeout: 7 * time.Second}, true),
	} {
		if tr.TLSHandshakeTimeout != 7*time.Second || tr.IdleConnTimeout != 90*time.Second || tr.MaxResponseHeaderBytes != 64<<10 || tr.MaxIdleConnsPerHost != 64 {
			t.Errorf("%s: %+v", name, tr)
		}
		if name == "shared" && (tr.HTTP2 == nil || tr.HTTP2.SendPingTimeout != 10*time.Second || tr.HTTP2.PingTimeout != 5*time.Second) {
			t.Errorf("%s: pings %+v", name, tr.HTTP2)
		}
	}
}
