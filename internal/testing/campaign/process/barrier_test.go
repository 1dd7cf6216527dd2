package process

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestGate(t *testing.T) {
	t.Parallel()
	var happened []string
	g := &barrier{next: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		happened = append(happened, "made of "+string(body))
		w.Header().Set("X-Request-Id", "1")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, "answer")
	})}
	server := httptest.NewServer(g)
	defer server.Close()
	g.begin(func(method string, exchange int, p phase) {
		happened = append(happened, fmt.Sprintf("%s %d %s", method, exchange, p))
	})
	answer, err := server.Client().Post(server.URL, "text/plain", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil || string(body) != "answer" || answer.StatusCode != http.StatusCreated || answer.Header.Get("X-Request-Id") != "1" {
		t.Errorf("the answer is %d %q, %v", answer.StatusCode, body, err)
	}
	_ = answer.Body.Close()
	if methods := g.end(); len(methods) != 1 || methods[0] != "POST" {
		t.Errorf("exchanges: %v", methods)
	}
	want := []string{"POST 1 when it arrives", "made of body", "POST 1 when it is carried out", "POST 1 in the middle of its answer", "POST 1 after its answer"}
	if got := strings.Join(happened, "; "); got != strings.Join(want, "; ") {
		t.Errorf("happened: %s", got)
	}
}

// What has arrived is carried out, though its sender is gone.
func TestGate_senderGone(t *testing.T) {
	t.Parallel()
	carried := false
	g := &barrier{next: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { carried = r.Context().Err() == nil })}
	server := httptest.NewServer(g)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	g.begin(func(_ string, _ int, p phase) {
		if p == arrived {
			cancel()
			<-time.After(50 * time.Millisecond) // until the server has noticed
		}
	})
	request, err := http.NewRequestWithContext(ctx, http.MethodDelete, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := server.Client().Do(request); err == nil {
		_ = answer.Body.Close()
		t.Error("the sender got an answer")
	}
	if g.end(); !carried {
		t.Error("the request was not carried out, or felt that its sender is gone")
	}
}
