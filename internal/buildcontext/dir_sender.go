package buildcontext

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

const opSend = "send"

// dirSender sends the files of a directory.
type dirSender struct {
	sender  *sender
	counter *counter
	links   map[fileID]string // the path under which a file with several names was sent
}

func (t *dirSender) node(ctx context.Context, n node) error {
	if kind := specialKind(n.info.Mode()); kind != "" {
		t.counter.skip(n.path, kind)
		return nil
	}
	hdr, err := headerFor(n)
	if err != nil {
		return err
	}
	if hdr.Typeflag == tar.TypeReg {
		return t.file(ctx, n, hdr)
	}
	t.counter.add(n.path, 0)
	return t.sender.header(hdr)
}

func (t *dirSender) file(ctx context.Context, n node, hdr *tar.Header) error {
	id, linked := linkID(n.info)
	if first, ok := t.links[id]; linked && ok {
		hdr.Typeflag, hdr.Linkname = tar.TypeLink, first
		t.counter.add(n.path, 0)
		return t.sender.header(hdr)
	}
	if err := t.content(ctx, n, hdr); err != nil {
		return err
	}
	if linked {
		t.links[id] = n.path
	}
	t.counter.add(n.path, hdr.Size)
	return nil
}

func (t *dirSender) content(ctx context.Context, n node, hdr *tar.Header) error {
	f, err := os.OpenFile(n.file, os.O_RDONLY|nonBlocking, 0) // a pipe may have taken its place
	if err != nil {
		return fileError(opSend, n.file, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fileError(opSend, n.file, err)
	}
	if !os.SameFile(info, n.info) || info.Mode().Type() != n.info.Mode().Type() {
		return fileError(opSend, n.file, fmt.Errorf("%w: replaced by another file", errChanged))
	}
	hdr.Size = info.Size()
	if err := t.sender.header(hdr); err != nil {
		return err
	}
	c := content{Reader: f, op: opSend, name: n.file, size: hdr.Size, short: fmt.Errorf("%w: it shrank", errChanged)}
	if err := t.sender.copy(ctx, c); err != nil {
		return err
	}
	return t.checkEnd(f, n.file)
}

// checkEnd returns an error if the file is longer than its header says.
func (t *dirSender) checkEnd(f io.Reader, name string) error {
	switch n, err := f.Read(t.sender.buf[:1]); {
	case n > 0:
		return fileError(opSend, name, fmt.Errorf("%w: it grew", errChanged))
	case err != nil && !errors.Is(err, io.EOF):
		return fileError(opSend, name, err)
	}
	return nil
}
