package plugin

import (
	"net/http"
	"sync"
	"time"
)

// serverClock is the API server's clock, as its last answer had it: that of this machine may be wrong.
type serverClock struct {
	mu    sync.Mutex
	skew  time.Duration
	heard bool
}

func (c *serverClock) watch(rt http.RoundTripper) http.RoundTripper {
	return roundTripper(func(r *http.Request) (*http.Response, error) {
		response, err := rt.RoundTrip(r)
		if err == nil {
			c.read(response.Header.Get("Date"))
		}
		return response, err
	})
}

func (c *serverClock) read(date string) {
	if there, err := http.ParseTime(date); err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.skew, c.heard = time.Until(there), true
	}
}

// now is the time there, or ours as long as it has not answered.
func (c *serverClock) now() time.Time {
	if there := c.known(); !there.IsZero() {
		return there
	}
	return time.Now()
}

// known is the time there; zero as long as it has not answered.
func (c *serverClock) known() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.heard {
		return time.Time{}
	}
	return time.Now().Add(c.skew)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
