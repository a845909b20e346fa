// Package receive takes the upload of a build: in one process it reads frames, checks their SHA-256, and writes the files. The README of
// kubectl-img's internal/session describes the protocol; images without this program receive with a shell and tar.
package receive

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
)

// Options say where an upload goes.
type Options struct {
	Directories []string // absolute; the upload writes nowhere else
	Events      string   // file to which a line is added after each frame
	End         string   // file for the SHA-256 of the end marker, which says that the upload is complete
}

// errOther is an upload that was damaged on its way.
var errOther = errors.New("what arrived has another SHA-256 than what was sent")

// Receive extracts the upload that it reads from in. Without an error, what the upload has is there, and has verified. The directories are
// for one call only: it removes nothing that an earlier one has left.
func Receive(in io.Reader, o Options) (err error) {
	events, err := os.OpenFile(o.Events, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, events.Close()) }()
	to, err := openTree(o.Directories)
	if err != nil {
		return fmt.Errorf("unpack: %w", err)
	}
	defer to.close()
	announced := ""
	took := func() error {
		_, err := io.WriteString(events, "took\n")
		return err
	}
	end := func(sum string) error {
		announced = sum
		return os.WriteFile(o.End, []byte(sum+"\n"), 0o644)
	}
	sum, err := to.receive(newFrames(in, took, end))
	if err == nil && sum != announced {
		err = errOther
	}
	return err
}

// receive writes the stream and returns its SHA-256. Reading, hashing and writing run beside each other.
func (t *tree) receive(stream io.Reader) (string, error) {
	stop := make(chan struct{})
	defer close(stop)
	parts := newChunks(2)
	go parts.fill(stream, stop)
	sum, hashed := sha256.New(), make(chan error, 1)
	go func() {
		_, err := io.Copy(sum, parts.readers[0])
		hashed <- err
	}()
	err := t.extract(parts.readers[1])
	if err == nil {
		_, err = io.Copy(io.Discard, parts.readers[1]) // what follows the archive has a part in the sum
	}
	if early := (*streamError)(nil); errors.As(err, &early) {
		return "", early
	}
	if err != nil {
		return "", fmt.Errorf("unpack: %w", err)
	}
	if err := <-hashed; err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
