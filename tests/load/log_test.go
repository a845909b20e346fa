package load_test

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"
)

// counter counts one byte, which the log has nowhere else in such numbers.
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

// Lines of a megabyte; of what a step prints, every byte must come out here.
func TestLongLog(t *testing.T) {
	const length = 1_000_000
	ns, dir, lines := namespace(t), t.TempDir(), scaled(500)
	step := fmt.Sprintf("RUN line=$(head -c %d /dev/zero | tr '\\0' '~'); i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \"$line\"; done", length, lines)
	write(t, filepath.Join(dir, "Dockerfile"), "FROM "+shared.Registry+"/busybox:1\n"+step+"\n")
	log := &counter{what: '~'}
	if _, ok := build(t, log, "-n", ns, "-t", shared.Registry+"/load/"+ns, "--timeout", "20m", dir); !ok {
		return
	}
	// The command itself, which the engine prints, has one or two.
	if want := int64(length) * int64(lines); log.found < want || log.found > want+10 {
		t.Errorf("%d bytes of the lines came out, want %d (log of %d bytes)", log.found, want, log.total)
	}
}
