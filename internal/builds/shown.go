package builds

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"github.com/kubectl-img/kubectl-img/internal/progress"
)

// errLogCut means that the build ended before its whole log was read.
var errLogCut = errors.New("the end of the log is missing: the build ended before it was read")

// shownLog shows a log and remembers what it was. It never waits for the reader while it has room.
type shownLog struct {
	*progress.Screen
	sum   hash.Hash
	bytes int64
}

func newShownLog(w io.Writer) *shownLog {
	return &shownLog{Screen: progress.NewQueue(w), sum: sha256.New()}
}

func (l *shownLog) Write(p []byte) (int, error) {
	l.sum.Write(p)
	l.bytes += int64(len(p))
	return l.Screen.Write(p)
}

// restOfLog shows what follows the part of a log that was shown. It compares that part: the kubelet drops the beginning of a long log.
type restOfLog struct {
	*shownLog
	sum     hash.Hash
	skip    int64
	checked bool
}

func (l *shownLog) rest() *restOfLog {
	return &restOfLog{shownLog: l, sum: sha256.New(), skip: l.bytes}
}

func (r *restOfLog) Write(p []byte) (int, error) {
	n := int(min(r.skip, int64(len(p))))
	r.sum.Write(p[:n])
	r.skip -= int64(n)
	if r.skip > 0 {
		return len(p), nil
	}
	if !r.checked && !bytes.Equal(r.sum.Sum(nil), r.shownLog.sum.Sum(nil)) {
		return 0, errLogCut
	}
	r.checked = true
	_, err := r.Screen.Write(p[n:])
	return len(p), err
}
