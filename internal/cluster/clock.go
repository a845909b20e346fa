package cluster

import (
	"net/http"
	"sync"
	"time"
)

// Clock is the API server's clock, taken from its answers. The clock of this machine may be wrong.
type Clock struct {
	mu    sync.Mutex
	skew  time.Duration
	known bool
}

// Watch reads the time of each answer that passes through rt.
func (c *Clock) Watch(rt http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := rt.RoundTrip(r)
		if err == nil {
			c.set(response.Header.Get("Date"))
		}
		return response, err
	})
}

func (c *Clock) set(date string) {
	if there, err := http.ParseTime(date); err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.skew, c.known = time.Until(there), true
	}
}

// Now returns the server's time, or this machine's before the server has answered.
func (c *Clock) Now() time.Time {
	if there := c.Known(); !there.IsZero() {
		return there
	}
	return time.Now()
}

// Known returns the server's time, or zero before the server has answered.
func (c *Clock) Known() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known {
		return time.Time{}
	}
	return time.Now().Add(c.skew)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
