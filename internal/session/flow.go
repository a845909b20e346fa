package session

import (
	"io"
	"sync/atomic"

	"github.com/kubectl-img/kubectl-img/internal/panics"
)

// portion is how many bytes are written at once: few enough that a slow link shows progress.
const portion = 64 << 10

// flow is what an upload is written to. It reports how many bytes have passed in all.
type flow struct {
	w       io.Writer
	report  func(total int64)
	moved   func() // bytes have just passed
	total   atomic.Int64
	waiting atomic.Bool // there are bytes that have not passed yet
}

func (f *flow) Write(p []byte) (done int, err error) {
	defer panics.Recover(&err)
	f.waiting.Store(true)
	defer f.waiting.Store(false)
	for done < len(p) {
		n, err := f.w.Write(p[done:min(len(p), done+portion)])
		done += n
		f.report(f.total.Add(int64(n)))
		f.moved()
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
