package buildcontext

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"time"
)

// copyBufferBytes is the size of the buffer for all content.
const copyBufferBytes = 1 << 20

// sender writes entries with a prefix, in a format that every tar can read.
type sender struct {
	w      *tar.Writer
	prefix string
	buf    []byte
	modes  map[string]int64
	setID  []string
	sum    Summary
}

func newSender(w *tar.Writer, prefix string) *sender {
	return &sender{w: w, prefix: path.Clean("/" + prefix)[1:], buf: make([]byte, copyBufferBytes), modes: map[string]int64{}}
}

// root sends the directory of the prefix.
func (s *sender) root() error {
	if s.prefix == "" {
		return nil
	}
	return s.write(&tar.Header{Typeflag: tar.TypeDir, Name: s.prefix + "/", Mode: 0o755, ModTime: time.Unix(0, 0)})
}

// header sends an entry. Its name, and the target of a hard link, are relative to the context.
func (s *sender) header(hdr *tar.Header) error {
	out := &tar.Header{
		Typeflag: hdr.Typeflag,
		Name:     path.Join(s.prefix, hdr.Name),
		Linkname: hdr.Linkname,
		Size:     hdr.Size,
		Mode:     hdr.Mode,
		ModTime:  hdr.ModTime,
	}
	s.noteMode(out)
	if hdr.Typeflag == tar.TypeReg && hdr.Size > 0 && hdr.Mode&0o6000 != 0 {
		s.setID = append(s.setID, hdr.Name)
	}
	switch hdr.Typeflag {
	case tar.TypeDir:
		out.Name += "/"
		out.Mode |= 0o700 // for the entries that follow; noteMode remembers the mode
	case tar.TypeLink:
		out.Linkname = path.Join(s.prefix, hdr.Linkname)
	}
	return s.write(out)
}

// noteMode remembers a mode that tar can't set as an unprivileged user. The last entry of a name counts.
func (s *sender) noteMode(hdr *tar.Header) {
	switch {
	case hdr.Typeflag == tar.TypeDir && (hdr.Mode&0o700 != 0o700 || hdr.Mode&specialBits != 0),
		hdr.Typeflag == tar.TypeReg && hdr.Mode&specialBits != 0:
		s.modes[hdr.Name] = hdr.Mode
	default:
		delete(s.modes, hdr.Name)
	}
}

// setLater remembers a mode. The name is relative to the context.
func (s *sender) setLater(hdr *tar.Header) {
	s.modes[path.Join(s.prefix, hdr.Name)] = hdr.Mode
}

// write uses GNU's format: busybox tar ignores PAX records, but reads GNU's long names and large numbers. The format has every name and
// size that a file system can have, and times in seconds.
func (s *sender) write(hdr *tar.Header) error {
	hdr.Format = tar.FormatGNU
	if err := s.w.WriteHeader(hdr); err != nil {
		return fmt.Errorf("write header of %s: %w", printable(hdr.Name), err)
	}
	return nil
}

// content is the content of a file.
type content struct {
	io.Reader
	op, name string // for errors
	size     int64
	short    error // if there are fewer than size bytes
}

// copy sends exactly as many bytes as the header says.
func (s *sender) copy(ctx context.Context, c content) error {
	for left := c.size; left > 0; {
		if err := context.Cause(ctx); err != nil {
			return err
		}
		n, err := io.ReadFull(c, s.buf[:min(left, int64(len(s.buf)))])
		if _, werr := s.w.Write(s.buf[:n]); werr != nil {
			return fmt.Errorf("write %s: %w", printable(c.name), werr)
		}
		left -= int64(n)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = c.short
		}
		if err != nil {
			return fileError(c.op, c.name, err)
		}
	}
	return nil
}

func (s *sender) result() Summary {
	sum := s.sum
	sum.modes, sum.SetID = sortedModes(s.modes), s.setID
	return sum
}
