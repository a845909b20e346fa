package buildcontext

import (
	"archive/tar"
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

const opContext = "open build context"

// FromDir checks the directory and its Dockerfile and loads the ignore rules. The Dockerfile's path is relative to the working
// directory; "" is the one in dir, "-" reads stdin. Errors are a *FileError or a *PatternError.
func FromDir(dir, dockerfile string, stdin io.Reader) (*Context, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	d, err := readDockerfile(dir, dockerfile, stdin)
	if err != nil {
		return nil, err
	}
	ignore, err := findIgnoreFile(dir, d)
	if err != nil {
		return nil, err
	}
	m, err := ignore.matcher()
	if err != nil {
		return nil, err
	}
	return &Context{dockerfile: d, src: &directory{root: dir, rules: &rules{m}}}, nil
}

func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fileError(opContext, dir, err)
	}
	if !info.IsDir() {
		return fileError(opContext, dir, ErrNotDirectory)
	}
	return nil
}

// directory is a context on the client's disk.
type directory struct {
	root  string
	rules *rules
}

func (d *directory) scan(ctx context.Context) (Summary, error) {
	c := newCounter()
	err := d.walk(ctx, func(n node) error {
		if kind := special(n.info.Mode()); kind != "" {
			c.skip(n.path, kind)
			return nil
		}
		id, linked := linkID(n.info)
		if linked && n.info.Mode().IsRegular() && c.linked(id) {
			c.add(n.path, 0)
			return nil
		}
		c.add(n.path, contentSize(n.info))
		return nil
	})
	return c.result(), err
}

func (d *directory) send(ctx context.Context, s *sender) error {
	t := &transfer{sender: s, counter: newCounter(), links: map[fileID]string{}}
	err := d.walk(ctx, func(n node) error { return t.node(ctx, n) })
	s.sum = t.counter.result()
	return err
}

func (d *directory) walk(ctx context.Context, visit func(node) error) error {
	w := &walker{root: d.root, rules: d.rules, visit: visit}
	return w.walk(ctx)
}

// special names the files that can't be part of an image layer built from a context.
func special(mode fs.FileMode) string {
	switch {
	case mode&fs.ModeSocket != 0:
		return "socket"
	case mode&fs.ModeDevice != 0:
		return "device"
	case mode&fs.ModeNamedPipe != 0:
		return "named pipe" // BuildKit would drop it without a word
	}
	return ""
}

func contentSize(info fs.FileInfo) int64 {
	if info.Mode().IsRegular() {
		return info.Size()
	}
	return 0
}

// headerFor describes a file as every client would: owner 0/0, whole seconds, forward slashes.
func headerFor(n node) (*tar.Header, error) {
	hdr := &tar.Header{Name: n.path, Mode: tarMode(runtime.GOOS, n.info.Mode()), ModTime: n.info.ModTime()}
	switch mode := n.info.Mode(); {
	case mode.IsDir():
		hdr.Typeflag = tar.TypeDir
	case mode&fs.ModeSymlink != 0:
		target, err := os.Readlink(n.file)
		if err != nil {
			return nil, fileError("read link", n.file, err)
		}
		hdr.Typeflag, hdr.Linkname = tar.TypeSymlink, filepath.ToSlash(target)
	default:
		hdr.Typeflag = tar.TypeReg
	}
	return hdr, nil
}
