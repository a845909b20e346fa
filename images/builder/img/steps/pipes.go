package steps

import (
	"io"
	"os"
	"time"

	"github.com/moby/buildkit/executor"
	"golang.org/x/sys/unix"
)

// pipes connect a step's process with what BuildKit reads and writes.
type pipes struct {
	stdin, stdout, stderr *os.File // the process's ends
	readers               []*os.File
	copied                []chan struct{}
}

func openPipes(process executor.ProcessInfo, uid uint32) (_ *pipes, err error) {
	p := &pipes{}
	defer func() {
		if err != nil {
			p.finish()
		}
	}()
	if p.stdin, err = p.input(process.Stdin); err != nil {
		return nil, err
	}
	if p.stdout, err = p.output(process.Stdout, uid); err != nil {
		return nil, err
	}
	p.stderr, err = p.output(process.Stderr, uid)
	return p, err
}

func (p *pipes) input(from io.Reader) (*os.File, error) {
	if from == nil {
		return os.Open(os.DevNull)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	go func() {
		_, _ = io.Copy(w, from)
		_ = w.Close()
	}()
	return r, nil
}

func (p *pipes) output(to io.Writer, uid uint32) (*os.File, error) {
	if to == nil {
		return os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	if uid != 0 { // so that the user can open /dev/stdout
		_ = w.Chown(int(uid), -1)
	}
	done := make(chan struct{})
	p.readers, p.copied = append(p.readers, r), append(p.copied, done)
	go func() {
		defer close(done)
		_, _ = io.Copy(to, r)
	}()
	return w, nil
}

// finish closes the process's ends, and returns when all of its output has been read. A step can have given its output to a process elsewhere that
// keeps it open: what comes after the step's end is nobody's.
func (p *pipes) finish() {
	for _, end := range []*os.File{p.stdin, p.stdout, p.stderr} {
		if end != nil {
			_ = end.Close()
		}
	}
	for i, done := range p.copied {
		drained(p.readers[i], done)
		_ = p.readers[i].Close()
		<-done
	}
}

// drained returns when the reader has come to the end, or nothing is left in its pipe.
func drained(pipe *os.File, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-time.After(100 * time.Millisecond):
		}
		raw, err := pipe.SyscallConn()
		if err != nil {
			return
		}
		unread := 0
		_ = raw.Control(func(fd uintptr) { unread, err = unix.IoctlGetInt(int(fd), unix.TIOCINQ) })
		if err != nil || unread == 0 {
			return
		}
	}
}
