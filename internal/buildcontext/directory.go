package buildcontext

import (
	"context"
	"io"
	"os"
)

const opContext = "open build context"

// FromDir checks the directory, and reads the Dockerfile and the ignore file. dockerfile is relative to the working directory; "" stands
// for the one in dir, and "-" for stdin. Its errors name the file.
func FromDir(dir, dockerfile string, stdin io.Reader) (*Context, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	d, err := readDockerfile(dir, dockerfile, stdin)
	if err != nil {
		return nil, err
	}
	return withIgnoreFile(dir, d)
}

// Further checks the directory of a further context, and reads its ignore file. It has no Dockerfile.
func Further(dir string) (*Context, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	return withIgnoreFile(dir, &dockerfile{})
}

// Whole checks a directory of which no ignore file leaves anything out. It has no Dockerfile.
func Whole(dir string) (*Context, error) {
	if err := checkDirectory(dir); err != nil {
		return nil, err
	}
	return withRules(dir, &dockerfile{}, nil)
}

func withIgnoreFile(dir string, d *dockerfile) (*Context, error) {
	ignore, err := findIgnoreFile(dir, d)
	if err != nil {
		return nil, err
	}
	return withRules(dir, d, ignore)
}

func withRules(dir string, d *dockerfile, ignore *ignoreFile) (*Context, error) {
	m, err := ignore.matcher()
	if err != nil {
		return nil, err
	}
	return &Context{dockerfile: d, src: &directory{root: dir, rules: &ignoreRules{m}}}, nil
}

func checkDirectory(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return fileError(opContext, dir, err)
	}
	if !info.IsDir() {
		return fileError(opContext, dir, errNotDirectory)
	}
	return nil
}

// directory is a context on disk.
type directory struct {
	root  string
	rules *ignoreRules
}

func (d *directory) scan(ctx context.Context) (Summary, error) {
	c := newCounter()
	err := d.walk(ctx, func(n node) error {
		if kind := specialKind(n.info.Mode()); kind != "" {
			c.skip(n.path, kind)
			return nil
		}
		id, linked := linkID(n.info)
		if linked && n.info.Mode().IsRegular() && c.seenBefore(id) {
			c.add(n.path, 0)
			return nil
		}
		c.add(n.path, contentSize(n.info))
		return nil
	})
	return c.result(), err
}

func (d *directory) send(ctx context.Context, s *sender) error {
	t := &dirSender{sender: s, counter: newCounter(), links: map[fileID]string{}}
	err := d.walk(ctx, func(n node) error { return t.node(ctx, n) })
	s.sum = t.counter.result()
	return err
}

func (d *directory) walk(ctx context.Context, visit func(node) error) error {
	w := &walker{root: d.root, rules: d.rules, visit: visit}
	return w.walk(ctx)
}
