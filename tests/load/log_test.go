package load_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// counter counts how often a byte is written to it.
type counter struct {
	what  byte
	found int64
	total int64
}

func (c *counter) Write(p []byte) (int, error) {
	for _, b := range p {
		if b == c.what {
			c.found++
		}
	}
	c.total += int64(len(p))
	return len(p), nil
}

var _ io.Writer = (*counter)(nil)

func TestLog(t *testing.T) {
	t.Run("long lines", longLines)
}

// longLines has a step print lines of a megabyte. The client must print every byte of them.
func longLines(t *testing.T) {
	const length = 1_000_000
	ns, dir, lines := namespace(t), t.TempDir(), scaled(500)
	step := fmt.Sprintf("RUN line=$(head -c %d /dev/zero | tr '\\0' '~'); i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \"$line\"; done", length, lines)
	clustertest.WriteFile(t, filepath.Join(dir, "Dockerfile"), "FROM "+shared.Registry+"/busybox:1\n"+step+"\n")
	log := &counter{what: '~'}
	if _, ok := build(t, log, "-n", ns, "-t", repository(ns), "--timeout", "20m", dir); !ok {
		return
	}
	// The engine also prints the command, which has one or two of the bytes.
	if want := int64(length) * int64(lines); log.found < want || log.found > want+10 {
		t.Errorf("%d bytes of the lines were printed, want %d (log of %d bytes)", log.found, want, log.total)
	}
}
