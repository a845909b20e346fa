package buildcontext

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
)

const opRead = "read build context"

// archive is a context that is read from a tar stream.
type archive struct {
	in    *archiveReader
	found *finder
	seen  *nameSet // directories, and links, which can point to one
	sum   Summary
	sent  bool
}

func (a *archive) scan(context.Context) (Summary, error) { return Summary{}, nil }

func (a *archive) send(ctx context.Context, s *sender) error {
	if a.sent {
		return fmt.Errorf("%s: %w", opRead, errConsumed)
	}
	a.sent = true
	err := a.entries(ctx, s)
	s.sum = a.sum
	if err != nil {
		a.in.close()
		return err
	}
	if err := a.in.drain(ctx); err != nil {
		return fmt.Errorf("%s: %w", opRead, err)
	}
	return a.found.check()
}

func (a *archive) entries(ctx context.Context, s *sender) error {
	end := &endReader{r: a.in}
	tr := tar.NewReader(end)
	for {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		hdr, err := tr.Next()
		if errors.Is(err, io.EOF) && !end.reached {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", opRead, truncated(err))
		}
		if err := a.entry(ctx, s, tr, hdr); err != nil {
			return err
		}
	}
}

func (a *archive) entry(ctx context.Context, s *sender, tr *tar.Reader, hdr *tar.Header) error {
	if hdr.Typeflag == tar.TypeXGlobalHeader {
		return nil // the comment of git archive
	}
	out, err := convert(hdr)
	if err != nil {
		return fileError(opRead, hdr.Name, err)
	}
	if out.Name == "." {
		return nil // WriteTar sends the root
	}
	if kind := a.skippedKind(out); kind != "" {
		a.sum.Skipped = append(a.sum.Skipped, Skipped{Path: out.Name, Kind: kind})
		return nil
	}
	repeated := a.seen.has(out.Name)
	if err := a.parents(s, out); err != nil {
		return err
	}
	a.sum.Entries++
	a.sum.Bytes += out.Size
	if err := s.header(out); err != nil {
		return err
	}
	if out.Typeflag == tar.TypeDir && repeated {
		s.setLater(out) // some tars do not change the mode of an existing directory
	}
	r := a.found.capture(out, tr)
	return s.copy(ctx, content{Reader: r, op: opRead, name: out.Name, size: out.Size, short: io.ErrUnexpectedEOF})
}

// skippedKind names the kind of a special file, or of a hard link to one. It is empty for other entries.
func (a *archive) skippedKind(hdr *tar.Header) string {
	switch hdr.Typeflag {
	case tar.TypeChar, tar.TypeBlock:
		return "device"
	case tar.TypeFifo:
		return "named pipe"
	case tar.TypeLink:
		if i := slices.IndexFunc(a.sum.Skipped, func(s Skipped) bool { return s.Path == hdr.Linkname }); i >= 0 {
			return a.sum.Skipped[i].Kind
		}
	}
	return ""
}

// parents sends directories that the archive has no entry for. Otherwise their modes would depend on the tar that extracts them.
func (a *archive) parents(s *sender, hdr *tar.Header) error {
	var missing []string
	for dir := path.Dir(hdr.Name); dir != "." && !a.seen.has(dir); dir = path.Dir(dir) {
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		a.seen.add(dir)
		a.sum.Entries++
		if err := s.header(&tar.Header{Typeflag: tar.TypeDir, Name: dir, Mode: 0o755, ModTime: hdr.ModTime}); err != nil {
			return err
		}
	}
	if hdr.Typeflag == tar.TypeDir || hdr.Typeflag == tar.TypeSymlink || hdr.Typeflag == tar.TypeLink {
		a.seen.add(hdr.Name)
	}
	return nil
}

// convert returns an entry of any format and owner as an entry of the context.
func convert(hdr *tar.Header) (*tar.Header, error) {
	if hdr.Name == "" {
		return nil, errors.New("entry without a name")
	}
	name, err := cleanName(hdr.Name)
	if err != nil {
		return nil, err
	}
	out := &tar.Header{Typeflag: hdr.Typeflag, Name: name, Mode: hdr.Mode & 0o7777, ModTime: hdr.ModTime}
	switch hdr.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont:
		out.Typeflag, out.Size = tar.TypeReg, hdr.Size
	case tar.TypeSymlink:
		out.Linkname, out.Mode = hdr.Linkname, 0o777
	case tar.TypeLink:
		if out.Linkname, err = cleanName(hdr.Linkname); err != nil {
			return nil, fmt.Errorf("hard link to %s: %w", printable(hdr.Linkname), err)
		}
	case tar.TypeDir, tar.TypeFifo, tar.TypeChar, tar.TypeBlock:
	default:
		return nil, fmt.Errorf("unknown entry type %q", hdr.Typeflag)
	}
	if name == "." && out.Typeflag != tar.TypeDir {
		return nil, errors.New("the context's root is not a directory")
	}
	return out, nil
}

// endReader remembers whether the stream ended: Go's tar reader accepts a stream without an end marker.
type endReader struct {
	r       io.Reader
	reached bool
}

func (e *endReader) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if n > 0 && errors.Is(err, io.EOF) {
		return n, nil // the next Read returns the end again
	}
	e.reached = e.reached || errors.Is(err, io.EOF)
	return n, err
}
