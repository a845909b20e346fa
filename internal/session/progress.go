package session

import (
	"io"
	"sync/atomic"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// maxWriteBytes is how much is written at once: little enough for a slow link to show progress.
const maxWriteBytes = 64 << 10

// progressWriter reports how many bytes it has written in all.
type progressWriter struct {
	w       io.Writer
	report  func(total int64)
	onWrite func()
	total   atomic.Int64
	blocked atomic.Bool // a Write has not returned yet
}

func (p *progressWriter) Write(b []byte) (done int, err error) {
	defer panics.Recover(&err)
	p.blocked.Store(true)
	defer p.blocked.Store(false)
	for done < len(b) {
		n, err := p.w.Write(b[done:min(len(b), done+maxWriteBytes)])
		done += n
		p.report(p.total.Add(int64(n)))
		p.onWrite()
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
