package exec

import (
	"fmt"
	"io"
)

// batch is a part of the payload, and how it is sent.
type batch struct {
	payload []byte
	packed  []byte // of all its frames that are compressed
	frames  []frame
}

// frame is a part of a batch. Its body is in the payload or in packed.
type frame struct {
	kind string
	body []byte
}

// write writes the frames.
func (b *batch) write(w io.Writer) error {
	for _, frame := range b.frames {
		if _, err := fmt.Fprintf(w, "%s %d\n", frame.kind, len(frame.body)); err != nil {
			return err
		}
		if _, err := w.Write(frame.body); err != nil {
			return err
		}
	}
	return nil
}
