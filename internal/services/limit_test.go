package services_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring/driver"

	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/httpclient"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/keyring"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/services"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulator"
	"github.com/terraform-apikeys/terraform-provider-apikeys/internal/testing/simulators"
)

// wire is a network in memory: in a bubble of package synctest, who waits on a
// socket would keep the clock from going on.
type wire struct {
	accepted chan net.Conn
	closed   chan struct{}
}

func (w wire) Accept() (net.Conn, error) {
	select {
	case c := <-w.accepted:
		return c, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

func (w wire) Close() error   { close(w.closed); return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (w wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case w.accepted <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// limited is a service that takes a limited number of requests, and a ring on it,
// on the clock of the bubble.
type limited struct {
	*keyring.Ring
	store *simulator.Store
}

func newLimited(t *testing.T, s simulators.Service, limit simulator.Limit) limited {
	t.Helper()
	inner := simulator.NewServer(nil)
	store := inner.Mount(s.Key.Name, s.Simulator)
	if err := store.Limit(limit); err != nil {
		t.Fatal(err)
	}
	store.SetLatency(200 * time.Millisecond)
	w := wire{make(chan net.Conn), make(chan struct{})}
	server := &http.Server{Handler: inner.Handler(), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(w) }()
	t.Cleanup(func() { _ = server.Close() })

	cfg := services.Config{
		Settings: map[string]string{services.BaseURL: "http://127.0.0.1/" + s.Key.Name},
		Source:   map[string]string{},
		HTTP: httpclient.Config{
			MaxRetries: 4, Dial: w.dial,
			Jitter: func(d time.Duration) time.Duration { return d / 2 }, // the same in each run
		},
	}
	for _, setting := range s.Settings {
		if setting.Sensitive {
			cfg.Settings[setting.Name], cfg.Source[setting.Name] = store.Admin(), services.FromAttribute
			break
		}
	}
	open, err := s.Connect(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return limited{keyring.New(open(""), keyring.Options{}), store}
}

// create makes n keys, so many at a time, and returns how long it took.
func (p limited) create(t *testing.T, n, parallel int) time.Duration {
	t.Helper()
	began := time.Now()
	names := make(chan string)
	var wg sync.WaitGroup
	for range parallel {
		wg.Go(func() {
			for name := range names {
				if _, err := p.Create(t.Context(), driver.Spec{Name: name}); err != nil {
					t.Errorf("%s after %s: %v", name, time.Since(began), err)
				}
			}
		})
	}
	for i := range n {
		names <- fmt.Sprint("key-", i)
	}
	close(names)
	wg.Wait()
	return time.Since(began)
}

// A thousand keys at a service that takes a hundred requests a minute: all are
// made, and hardly any request is sent in vain, however the service counts and
// whatever it says. Ten at a time, as Terraform does, the order in which requests
// leave is not the same in each run, so that only their number is judged; one at a
// time it is, so that how long they take is judged, too.
func TestLimit(t *testing.T) {
	const keys, limit, window = 1000, 100, time.Minute
	algorithms := []simulator.Algorithm{simulator.LimitFixed, simulator.LimitSliding, simulator.LimitBucket}
	headers := []string{simulator.RetrySeconds, simulator.RetryDate, "1", simulator.RetryAbsent}
	for i, s := range simulators.Services() {
		for j, algorithm := range algorithms {
			for k, after := range headers {
				if testing.Short() && (i > 0 || j+k > 0) {
					continue
				}
				if i > 0 && (i+j)%len(headers) != k {
					continue // one service meets them all, the others one of each kind
				}
				for _, parallel := range []int{1, 10} {
					if i > 0 && parallel == 1 {
						continue
					}
					t.Run(fmt.Sprintf("%s/%s/%s/%d at a time", s.Key.Name, algorithm, after, parallel), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							p := newLimited(t, s, simulator.Limit{Requests: limit, Window: window, Algorithm: algorithm, RetryAfter: after})
							took := p.create(t, keys, parallel)
							refused := p.store.Limited()
							granted := p.store.Total() - refused
							// The first window's worth goes out at once.
							ideal := time.Duration(granted-limit) * window / limit
							t.Logf("%s, %.2f times the ideal; %d requests granted, %d refused", took, took.Seconds()/ideal.Seconds(), granted, refused)
							if most := ideal * 3 / 2; parallel == 1 && took > most {
								t.Errorf("it took %s, want at most %s", took, most)
							}
							// A key takes one request, and a look where the answer has no id.
							if most := 2 * keys; granted > most || refused > keys/10 {
								t.Errorf("%d requests, %d of them refused; want at most %d and %d", granted+refused, refused, most, keys/10)
							}
							if live := len(p.store.Live()); live != keys {
								t.Errorf("%d keys were made, want %d", live, keys)
							}
						})
					})
				}
			}
		}
	}
}

// A limit on one kind of request slows the others down too, and no key is lost.
func TestLimit_ofOneOperation(t *testing.T) {
	for _, s := range simulators.Services() {
		synctest.Test(t, func(t *testing.T) {
			p := newLimited(t, s, simulator.Limit{Operation: simulator.OpCreate, Requests: 30, Window: 30 * time.Second})
			if took := p.create(t, 120, 1); took > 3*time.Minute {
				t.Errorf("%s: 120 keys at 60 a minute took %s", s.Key.Title, took)
			}
			if live := len(p.store.Live()); live != 120 {
				t.Errorf("%s: %d keys were made", s.Key.Title, live)
			}
			if p.create(t, 120, 10); len(p.store.Live()) != 240 {
				t.Errorf("%s: %d keys were made, want 120 more", s.Key.Title, len(p.store.Live()))
			}
		})
	}
}
