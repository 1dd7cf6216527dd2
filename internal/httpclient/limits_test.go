package httpclient

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestBodiesAreBounded(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		if r.URL.Query().Get("length") != "" {
			w.Header().Set("Content-Length", strconv.Itoa(n))
		} else {
			_ = http.NewResponseController(w).Flush() // chunked
		}
		chunk := make([]byte, 1<<16)
		for n > 0 {
			m, err := w.Write(chunk[:min(n, len(chunk))])
			if err != nil {
				return
			}
			n -= m
		}
	})
	c, _ := newTestClient(t, srv.URL, func(cfg *Config) { cfg.RequestTimeout = 30 * time.Second })
	for _, tt := range []struct {
		n       int
		listing bool
		fits    bool
	}{
		{bodyLimit, false, true},
		{bodyLimit + 1, false, false},
		{bodyLimit + 1, true, true},
		{listingLimit, true, true},
		{listingLimit + 1, true, false},
	} {
		for _, length := range []string{"", "1"} {
			if tt.n == listingLimit && length != "" {
				continue // 64 MiB once is enough
			}
			resp, err := send(t.Context(), c, http.MethodGet, "/?n="+strconv.Itoa(tt.n)+"&length="+length, "", Call{Listing: tt.listing})
			if tt.fits {
				if got := len(wantStatus(t, resp, err, 200)); got != tt.n {
					t.Errorf("%d bytes, want %d", got, tt.n)
				}
				continue
			}
			wantError(t, err, KindTooLarge, true)
			e := errorOf(t, err)
			if e.Status != 200 || !strings.Contains(err.Error(), "MiB") {
				t.Errorf("%+v: %v", e, err)
			}
		}
	}
}

func TestCompressedBodiesAreBoundedByTheirContent(t *testing.T) {
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = z.Write(make([]byte, 8<<20))
	_ = z.Close()
	var small bytes.Buffer
	z = gzip.NewWriter(&small)
	_, _ = io.WriteString(z, `{"keys":[]}`)
	_ = z.Close()

	content := map[string][]byte{"/bomb": bomb.Bytes(), "/small": small.Bytes()}
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(content[r.URL.Path])
	})
	c, _ := newTestClient(t, srv.URL, nil)
	resp, err := send(t.Context(), c, http.MethodGet, "/small", "", Call{})
	if got := wantStatus(t, resp, err, 200); got != `{"keys":[]}` {
		t.Errorf("body %q", got)
	}
	_, err = send(t.Context(), c, http.MethodGet, "/bomb", "", Call{})
	wantError(t, err, KindTooLarge, true)
}

// stalling is a handler that sends what it is given and then hangs until its client is
// gone.
func stalling(head string, tries *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		tries.Add(1)
		if head != "" {
			_, _ = io.WriteString(w, head)
			_ = http.NewResponseController(w).Flush()
		}
		<-r.Context().Done()
	}
}

// heads are how far a stalling answer comes.
var heads = map[string]string{"no answer": "", "stalled body": `{"keys":`}

func TestRequestTimeoutBoundsEachTry(t *testing.T) {
	const limit = 400 * time.Millisecond
	for name, head := range heads {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int64
			bubble(t, stalling(head, &tries), func(cfg *Config) { cfg.RequestTimeout = limit }, func(t *testing.T, c *Client) {
				began := time.Now()
				_, err := send(t.Context(), c, http.MethodGet, "/", "", Call{})
				wantError(t, err, KindTimeout, true)
				if e := errorOf(t, err); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "400ms") {
					t.Errorf("%+v: %v", e, err)
				}
				if waits := 125*time.Millisecond + 250*time.Millisecond + 500*time.Millisecond; tries.Load() != 4 || time.Since(began) != 4*limit+waits {
					t.Errorf("a GET was tried %d times in %s, want 4", tries.Load(), time.Since(began))
				}
				tries.Store(0)
				began = time.Now()
				_, err = send(t.Context(), c, http.MethodPost, "/", "payload", Call{SingleShot: true})
				wantError(t, err, KindTimeout, true)
				if tries.Load() != 1 || time.Since(began) != limit {
					t.Errorf("a POST was tried %d times in %s, want 1", tries.Load(), time.Since(began))
				}
			})
		})
	}
}

func TestCancelIsNotATimeout(t *testing.T) {
	for name, head := range heads {
		t.Run(name, func(t *testing.T) {
			var tries atomic.Int64
			bubble(t, stalling(head, &tries), nil, func(t *testing.T, c *Client) {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				_, err := send(ctx, c, http.MethodGet, "/", "", Call{})
				wantError(t, err, KindCanceled, true)
				if tries.Load() != 1 {
					t.Errorf("%d tries after a cancel", tries.Load())
				}
			})
		})
	}
}

func TestCallersDeadlineIsATimeout(t *testing.T) {
	var tries atomic.Int64
	bubble(t, stalling("", &tries), nil, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
		defer cancel()
		_, err := send(ctx, c, http.MethodGet, "/", "", Call{})
		wantError(t, err, KindTimeout, true)
		if tries.Load() != 1 {
			t.Errorf("%d tries, want 1", tries.Load())
		}
	})
}

// A key that is on its way is not abandoned because somebody pressed Ctrl-C.
func TestCancelDoesNotReachAMintingTry(t *testing.T) {
	bubble(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(time.Second) // let a cancel arrive that must not matter
		_, _ = io.WriteString(w, `{"key":"v"}`)
	}, nil, func(t *testing.T, c *Client) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second/2, cancel)
		resp, err := send(ctx, c, http.MethodPost, "/", "payload", Call{SingleShot: true})
		if got := wantStatus(t, resp, err, 200); got != `{"key":"v"}` {
			t.Errorf("body %q", got)
		}
	})
}

// A body whose size is announced is read into one buffer of that size.
func TestBodiesAreReadAtOnce(t *testing.T) {
	const size = 1 << 18
	body := strings.Repeat("a", size)
	if n := testing.AllocsPerRun(10, func() {
		if b, err := readBody(&http.Response{ContentLength: size, Body: io.NopCloser(strings.NewReader(body))}, size); err != nil || len(b) != size {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}); n > 8 {
		t.Errorf("%v allocations for a body of known size", n)
	}
}

func TestDefaults(t *testing.T) {
	cfg := New(Config{BaseURL: &url.URL{}}).cfg
	if cfg.RequestTimeout != 30*time.Second {
		t.Errorf("a request may take %s by default", cfg.RequestTimeout)
	}
	if d := cfg.Jitter(0); d != 0 {
		t.Errorf("no jitter at all is %s", d)
	}
	spread := map[time.Duration]bool{}
	for range 20 {
		d := cfg.Jitter(time.Hour)
		if spread[d] = true; d < 0 || d > time.Hour {
			t.Errorf("a jitter of up to an hour is %s", d)
		}
	}
	if len(spread) < 2 {
		t.Error("the jitter is always the same")
	}
}

// What is known of a fault is said once.
func TestErrorTexts(t *testing.T) {
	for _, tc := range []struct {
		err  *TransportError
		want string
	}{
		{&TransportError{Kind: KindTooLarge, text: "the answer is larger than 1 MiB"}, "the answer is larger than 1 MiB"},
		{&TransportError{Kind: KindTooLarge}, "too large"},
		{&TransportError{Kind: KindCredential, Err: errors.New("the token file is empty")}, "the token file is empty"},
		{&TransportError{Kind: KindConnection, Err: errors.New("reset")}, "the connection failed: reset"},
		{&TransportError{Kind: KindConnection, text: "the server switched protocols"}, "the server switched protocols"},
	} {
		if got := tc.err.Error(); got != tc.want {
			t.Errorf("%q, want %q", got, tc.want)
		}
	}
}
