package cluster

import (
	"testing"
	"time"
)

func TestClock(t *testing.T) {
	var c Clock
	there := time.Now().Add(-time.Hour)
	c.set(there.UTC().Format("Mon, 02 Jan 2006 15:04:05 GMT"))
	if off := c.Now().Sub(there).Abs(); off > 2*time.Second {
		t.Errorf("off by %s", off)
	}
	c.set("nonsense")
	if off := c.Now().Sub(there).Abs(); off > 2*time.Second {
		t.Errorf("off by %s after nonsense", off)
	}
}
