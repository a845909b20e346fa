package session

import (
	"io"
	"sync/atomic"
)

// portion is how many bytes are written at once: few enough that a slow link shows progress.
const portion = 64 << 10

// flow is what an upload is written to. It reports how many bytes have passed in all.
type flow struct {
	w       io.Writer
	report  func(total int64)
	moved   func() // bytes have just passed
	total   int64
	waiting atomic.Bool // there are bytes that have not passed yet
}

func (f *flow) Write(p []byte) (int, error) {
	f.waiting.Store(true)
	defer f.waiting.Store(false)
	done := 0
	for done < len(p) {
		n, err := f.w.Write(p[done:min(len(p), done+portion)])
		done += n
		f.total += int64(n)
		f.report(f.total)
		f.moved()
		if err != nil {
			return done, err
		}
	}
	return done, nil
}
