package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// runRemote measures creating and destroying where the state is kept elsewhere,
// as that of so many keys usually is. With a local file Terraform encodes and
// writes all of it after each key (statemgr.Filesystem.WriteState); for other
// backends it does so every 20 seconds (internal/backend/local/hook_state.go in
// Terraform 1.11).
func (b *bench) runRemote(ctx context.Context) (err error) {
	states, stop, err := serveStates(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	return b.withStandIn(ctx, func(at *standIn) error {
		for round := range b.rounds {
			for _, s := range b.turn(round) {
				if err := b.calm(ctx, s, func() ([]sample, error) { return b.liveElsewhere(ctx, s, at, states) }); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

func (b *bench) liveElsewhere(ctx context.Context, s subject, at *standIn, states string) ([]sample, error) {
	w, err := b.workspaceWith(ctx, s, at, b.keys, states+"/"+time.Now().Format("150405.000000000"))
	if err != nil {
		return nil, err
	}
	created, err := measure(ctx, nil, opRemoteCreate, w.apply)
	if err != nil {
		return nil, err
	}
	return measure(ctx, created, opRemoteDestroy, w.destroy)
}

// serveStates keeps states for Terraform's http backend, by path, and returns
// their URL.
func serveStates(ctx context.Context) (url string, stop func() error, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: &states{of: map[string][]byte{}}, ReadHeaderTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	return "http://" + listener.Addr().String(), func() error {
		err := server.Close()
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	}, nil
}

// states by path.
type states struct {
	mu sync.Mutex
	of map[string][]byte
}

// ServeHTTP implements http.Handler.
func (s *states) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Method {
	case http.MethodGet:
		state, found := s.of[r.URL.Path]
		if !found {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(state)
	case http.MethodPost:
		state, err := io.ReadAll(r.Body)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		s.of[r.URL.Path] = slices.Clip(state)
	case http.MethodDelete:
		delete(s.of, r.URL.Path)
	default:
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}
