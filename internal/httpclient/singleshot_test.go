package httpclient

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// rawServer answers HTTP/1.1 by hand, so that a test decides when exactly a
// connection dies. It counts how often each request arrived in full.
type rawServer struct {
	addr string
	mu   sync.Mutex
	seen map[string]int // by body
}

// moment is what happens to a connection around its nth request.
type moment func(conn net.Conn, nth int, answer func()) (goOn bool)

func startRaw(t *testing.T, m moment) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{addr: l.Addr().String(), seen: map[string]int{}}
	var wg sync.WaitGroup
	t.Cleanup(func() { _ = l.Close(); wg.Wait() })
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			wg.Add(1)
			go func() {
				defer wg.Done()
				defer func() { _ = conn.Close() }()
				s.serve(conn, m)
			}()
		}
	}()
	return s
}

func (s *rawServer) serve(conn net.Conn, m moment) {
	in := bufio.NewReader(conn)
	for nth := 1; ; nth++ {
		_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		req, err := http.ReadRequest(in)
		if err != nil {
			return
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		s.mu.Lock()
		s.seen[string(body)]++
		s.mu.Unlock()
		answer := func() { _, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}") }
		if !m(conn, nth, answer) {
			return
		}
	}
}

// reset closes with RST instead of FIN, so that data in flight is lost.
func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

// Whatever the server does to its kept connections, a single-shot request arrives at
// most once, exactly once when it succeeds, and not at all when the client says
// that it was not sent.
func TestSingleShotArrivesOnce(t *testing.T) {
	for name, m := range map[string]moment{
		"closes right after an answer": func(_ net.Conn, _ int, answer func()) bool { answer(); return false },
		"resets right after an answer": func(conn net.Conn, _ int, answer func()) bool { answer(); reset(conn); return false },
		"closes a little later": func(_ net.Conn, _ int, answer func()) bool {
			answer()
			time.Sleep(500 * time.Microsecond)
			return false
		},
		"takes the second request and closes": func(_ net.Conn, nth int, answer func()) bool {
			if nth == 1 {
				answer()
			}
			return nth == 1
		},
		"takes the second request and resets": func(conn net.Conn, nth int, answer func()) bool {
			if nth == 1 {
				answer()
				return true
			}
			reset(conn)
			return false
		},
		"half an answer to the third": func(conn net.Conn, nth int, answer func()) bool {
			if nth < 3 {
				answer()
				return true
			}
			_, _ = io.WriteString(conn, "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{")
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := startRaw(t, m)
			c, _ := newTestClient(t, "http://"+s.addr, nil)
			defer c.CloseIdle()
			var wg sync.WaitGroup
			var mu sync.Mutex
			sure, unsure, unsent := map[string]bool{}, map[string]bool{}, map[string]bool{}
			for worker := range 4 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					for i := range 25 {
						body := "w" + strconv.Itoa(worker) + "-" + strconv.Itoa(i)
						resp, err := send(t.Context(), c, http.MethodPost, "/keys", body, Call{SingleShot: true, Idempotent: true})
						mu.Lock()
						switch {
						case err == nil && resp.Status == http.StatusCreated:
							sure[body] = true
						case err == nil:
							t.Errorf("status %d", resp.Status)
						case errorOf(t, err).Ambiguous:
							unsure[body] = true
						default:
							unsent[body] = true
						}
						mu.Unlock()
					}
				}()
			}
			wg.Wait()
			s.mu.Lock()
			defer s.mu.Unlock()
			for body, n := range s.seen {
				if n != 1 {
					t.Errorf("%s arrived %d times", body, n)
				}
				if unsent[body] {
					t.Errorf("%s arrived, but the client says it was not sent", body)
				}
			}
			for body := range sure {
				if s.seen[body] != 1 {
					t.Errorf("%s succeeded and arrived %d times", body, s.seen[body])
				}
			}
			if len(sure) == 0 || len(sure)+len(unsure)+len(unsent) != 100 {
				t.Errorf("%d succeeded, %d unknown, %d unsent", len(sure), len(unsure), len(unsent))
			}
			t.Logf("%d succeeded, %d unknown, %d unsent", len(sure), len(unsure), len(unsent))
		})
	}
}

// An Idempotency-Key and a GetBody are what net/http takes as leave to repeat a
// POST; a single-shot request has neither.
func TestSingleShotCannotBeReplayed(t *testing.T) {
	c, _ := newTestClient(t, "https://x.test", nil)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://x.test/keys", strings.NewReader("payload"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Idempotency-Key", "a")
	req.Header.Set("X-Idempotency-Key", "a")
	s := &sending{Client: c, req: req, call: Call{SingleShot: true}}
	r := s.prepare(t.Context())
	if r.GetBody != nil || r.Header.Get("Idempotency-Key")+r.Header.Get("X-Idempotency-Key") != "" {
		t.Errorf("net/http may replay this: GetBody %v, headers %v", r.GetBody != nil, r.Header)
	}
	s.call = Call{}
	if r = s.prepare(t.Context()); r.Body == nil || r.GetBody == nil || r.Header.Get("Idempotency-Key") == "" {
		t.Error("other requests lost what they had")
	}
}

// conns counts the connections that a server accepts.
func conns(t *testing.T) (url string, count func() int) {
	t.Helper()
	var mu sync.Mutex
	n := 0
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	srv.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			mu.Lock()
			n++
			mu.Unlock()
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	return srv.URL, func() int { mu.Lock(); defer mu.Unlock(); return n }
}

func TestKeepAlive(t *testing.T) {
	for _, tc := range []struct {
		call Call
		want int
	}{{Call{}, 1}, {Call{SingleShot: true}, 20}} {
		url, count := conns(t)
		c, _ := newTestClient(t, url, nil)
		for range 20 {
			resp, err := send(t.Context(), c, http.MethodPost, "/", "payload", tc.call)
			wantStatus(t, resp, err, 200)
		}
		if count() != tc.want {
			t.Errorf("%+v: 20 calls in a row took %d connections, want %d", tc.call, count(), tc.want)
		}
	}
}

// 64 callers at once keep their 64 connections for the next round.
func TestPoolIsWideEnoughForParallelism(t *testing.T) {
	const callers = 64
	var (
		mu     sync.Mutex
		inside int
		opened = map[string]bool{}
		full   = make(chan struct{})
	)
	srv := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		opened[r.RemoteAddr] = true
		inside++
		if inside%callers == 0 {
			close(full)
			full = make(chan struct{})
			mu.Unlock()
			return
		}
		wait := full
		mu.Unlock()
		<-wait
	})
	c, _ := newTestClient(t, srv.URL, nil)
	for range 3 {
		var wg sync.WaitGroup
		for range callers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				if _, err := send(t.Context(), c, http.MethodGet, "/", "", Call{}); err != nil {
					t.Error(err)
				}
			}()
		}
		wg.Wait()
	}
	if len(opened) != callers {
		t.Errorf("%d connections for 3 rounds of %d callers", len(opened), callers)
	}
}
