package httpclient

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
)

// ParseBaseURL reads a service's address. https only, except for loopback (localhost,
// 127.0.0.0/8, ::1), where plain http never leaves the machine; no userinfo, query or
// fragment. A path prefix is kept, trailing slashes are not. Errors never quote the
// value: a mistyped one may hold a password.
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
	}
	if port, err := strconv.ParseUint(cmp.Or(u.Port(), "443"), 10, 16); err != nil || port == 0 || strings.HasSuffix(u.Host, ":") {
		return nil, errors.New("the URL's port must be a number from 1 to 65535")
	}
	u.Host = strings.ToLower(u.Host)
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return nil, errors.New("the URL must begin with https://: plain http would send the credential in the clear (it is accepted for loopback addresses only)")
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = strings.TrimRight(u.RawPath, "/")
	return u, nil
}

// isLoopback reports whether a host is this machine, as net/http sees it: it sends
// nothing for these to a proxy. That localhost resolves to it is checked when it has
// ([onlyLoopback]).
func isLoopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// onlyLoopback refuses connections to other machines. The address is a resolved one.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if to, err := netip.ParseAddrPort(address); err != nil || !to.Addr().Unmap().IsLoopback() {
		return fmt.Errorf("%s is not this machine, and plain http would send the credential there in the clear", address)
	}
	return nil
}

// SameOrigin refuses a link, such as a listing's next page, that leads to another
// scheme, host or port than BaseURL's. Relative links are fine.
func (c *Client) SameOrigin(link string) error {
	u, err := c.cfg.BaseURL.Parse(link)
	switch {
	case err != nil:
		return errors.New("the link is not a URL")
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
