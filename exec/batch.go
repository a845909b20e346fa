package exec

import (
	"fmt"
	"io"
)

// batchSize is how much of the payload is compressed while the batch before it is sent, in bytes. A frame costs a receiver in shell two
// processes, so it is large; two of them are buffered in memory.
const batchSize = 4 << 20

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
