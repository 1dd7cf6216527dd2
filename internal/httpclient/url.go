package httpclient

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// ParseBaseURL reads a service's address. https only, except for loopback
// (localhost, 127.0.0.0/8, ::1), where plain http never leaves the machine; no
// number as a host that is no IP address in its usual form, such as 127.1: who reads
// it as one is not certain; no userinfo, query or fragment. A path prefix is kept, trailing slashes are not.
// Errors never quote the value: a mistyped one may hold a password.
func ParseBaseURL(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return nil, errors.New("the URL is empty")
	case err != nil:
		return nil, errors.New("not a URL such as https://api.example.com/v1")
	case u.User != nil:
		return nil, errors.New("the URL must not hold a user name or password; credentials have settings of their own")
	case strings.Contains(raw, "?"):
		return nil, errors.New("the URL must not have a query (?)")
	case strings.Contains(raw, "#"):
		return nil, errors.New("the URL must not have a fragment (#)")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the URL must begin with https://")
	case u.Opaque != "" || u.Hostname() == "":
		return nil, errors.New("the URL names no host")
	case !validPort(u):
		return nil, errors.New("the URL's port must be a number from 1 to 65535")
	case isOddNumber(u.Hostname()):
		return nil, errors.New("the URL's host is a number, but no IP address in its usual form, such as 127.0.0.1 or [::1]")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, errors.New("the URL must begin with https://: plain http would send the credential in the clear (it is accepted for loopback addresses only)")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

func validPort(u *url.URL) bool {
	_, after, found := strings.Cut(strings.TrimPrefix(u.Host, "["+u.Hostname()+"]"), ":")
	if !found {
		return true
	}
	n, err := strconv.Atoi(after)
	return err == nil && n >= 1 && n <= 65535
}

// isLoopback reports whether a host is this machine, in any spelling that a base URL
// may have. That names resolve to it is checked when they have ([onlyLoopback]).
func isLoopback(host string) bool {
	name := strings.ToLower(strings.TrimSuffix(host, "."))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") { // RFC 6761, section 6.3
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

// isOddNumber reports whether a host ends in a number and is no IP address in the form
// that all programs understand in the same way.
func isOddNumber(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	name := strings.TrimSuffix(host, ".")
	last := name[strings.LastIndexByte(name, '.')+1:]
	_, err := strconv.ParseUint(last, 0, 64) // 0x7f000001, 0177 and 1 too
	return err == nil || errors.Is(err, strconv.ErrRange)
}

// onlyLoopback refuses connections to other machines. The address is a resolved one.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not this machine, and plain http would send the credential there in the clear", address)
	}
	return nil
}

// proxy is the proxy for a request. What is on this machine is reached directly:
// net/http knows only some spellings of that, and plain http would hand the credential
// to the proxy in the clear.
func proxy(r *http.Request) (*url.URL, error) {
	if isLoopback(r.URL.Hostname()) {
		return nil, nil //nolint:nilnil // no proxy, as net/http wants it
	}
	return http.ProxyFromEnvironment(r)
}

// SameOrigin refuses a link, such as a listing's next page, that leads to another
// scheme, host or port than BaseURL's. Relative links are fine.
func (c *Client) SameOrigin(link string) error {
	if c.cfg.BaseURL == nil {
		return errors.New("no base URL is set")
	}
	u, err := c.cfg.BaseURL.Parse(link)
	if err != nil {
		return errors.New("the link is not a URL")
	}
	return c.sameOrigin(u)
}

func (c *Client) sameOrigin(u *url.URL) error {
	switch {
	case c.cfg.BaseURL == nil:
		return errors.New("no base URL is set")
	case u.User != nil:
		return errors.New("the link holds a user name or password")
	case origin(u) != origin(c.cfg.BaseURL):
		return fmt.Errorf("the link leads to %s, but the credential is for %s only",
			sanitize(origin(u), 200, nil), origin(c.cfg.BaseURL))
	}
	return nil
}

// origin is scheme, host and port, the default port spelt out.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[strings.ToLower(u.Scheme)]
	}
	return strings.ToLower(u.Scheme+"://"+u.Hostname()) + ":" + port
}
