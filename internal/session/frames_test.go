package session

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
	"github.com/kubectl-img/kubectl-img/internal/engine"
)

// unpacked returns the payload that the supervisor reads from a stream, and whether the end marker verifies it.
func (p *pod) unpacked(stream []byte) (payload []byte, verified bool) {
	p.t.Helper()
	_ = os.Remove(p.path("run/end"))
	p.write("run/events", "")
	var out bytes.Buffer
	cmd := p.command("read_frames")
	cmd.Stdin, cmd.Stdout = bytes.NewReader(stream), &out
	_ = cmd.Run() // only the end marker counts
	sum := sha256.Sum256(out.Bytes())
	return out.Bytes(), strings.TrimSpace(p.read("run/end")) == hex.EncodeToString(sum[:])
}

// mixed is content that is partly random and partly zeros.
func mixed(random *rand.Rand, size int) []byte {
	content := make([]byte, size)
	for rest := content; len(rest) > 0; {
		part := rest[:min(len(rest), 1+random.IntN(1<<20))]
		rest = rest[len(part):]
		if random.IntN(2) == 0 {
			continue // zeros
		}
		for i := range part {
			part[i] = byte(random.Uint32())
		}
	}
	return content
}

func TestFrames(t *testing.T) {
	runInReceivers(t, shellTests{
		"a damaged upload is not accepted, the next one is": func(t *testing.T, shell []string) {
			p := startPod(t, shell)
			random := rand.New(rand.NewPCG(3, 4))
			content := string(mixed(random, 300_000))
			var payload, stream bytes.Buffer
			w := tar.NewWriter(&payload)
			if err := errors.Join(p.job(map[string]string{"a": content, "b": "b"}, sh(engine.PhaseBuild, "echo built")).Write(w), w.Close()); err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(payload.Bytes())
			for payload.Len() > 0 { // frames are smaller than a FrameWriter's, so that there are more of them
				part := payload.Next(1 + random.IntN(100_000))
				fmt.Fprintf(&stream, "raw %d\n%s", len(part), part)
			}
			marker := "end 0 " + hex.EncodeToString(sum[:]) + "\n" // the supervisor ignores the length
			body := stream.Bytes()
			for try := range 25 {
				damaged := damage(random, body)
				if bytes.Equal(damaged, body) {
					continue
				}
				p.receive(try+1, slices.Concat(damaged, []byte(marker)))
				if events := p.read("run/events"); !strings.Contains(events, fmt.Sprintf("refused %d ", try+1)) || strings.Contains(events, "uploaded") {
					t.Fatalf("try %d is accepted: %s", try+1, events)
				}
			}
			p.receive(100, slices.Concat(body, []byte(marker)))
			if events := p.read("run/events"); !strings.Contains(events, "uploaded") {
				t.Errorf("the undamaged upload is not accepted: %s", events)
			}
			if got := p.read("workspace/context/a"); got != content || p.read("workspace/context/b") != "b" {
				t.Errorf("%d bytes arrived, which differ from those sent", len(got))
			}
		},
	})
	t.Run("the payload arrives whole", func(t *testing.T) {
		const frame = 4 << 20
		eachShell(t, func(t *testing.T, shell []string) {
			p := newPod(t, shell)
			random := rand.New(rand.NewPCG(1, 2))
			for _, size := range []int{0, 1, 511, frame - 1, frame, frame + 1, 2*frame + 1, 3*frame - 7} {
				payload := mixed(random, size)
				var stream bytes.Buffer
				w := exec.NewFrameWriter(&stream)
				for rest := payload; len(rest) > 0; {
					n := min(len(rest), 1+random.IntN(2*frame))
					if _, err := w.Write(rest[:n]); err != nil {
						t.Fatal(err)
					}
					rest = rest[n:]
				}
				if err := w.Finish(); err != nil {
					t.Fatal(err)
				}
				if got, verified := p.unpacked(stream.Bytes()); !verified || !bytes.Equal(got, payload) {
					t.Errorf("%d bytes: %d arrived, verified %v", size, len(got), verified)
				}
				if w.Bytes() != int64(size) || !strings.Contains(stream.String(), fmt.Sprintf("end %d ", size)) {
					t.Errorf("%d bytes are counted as %d", size, w.Bytes())
				}
			}
		})
	})
}

func (p *pod) receive(try int, stream []byte) {
	p.t.Helper()
	cmd := p.command("receive", strconv.Itoa(try))
	cmd.Stdin = bytes.NewReader(stream)
	stuck := time.AfterFunc(20*time.Second, func() { kill(cmd) })
	defer stuck.Stop()
	_ = cmd.Run() // the events have the outcome
}

// damage cuts a stream off, or changes, removes or repeats a part of it.
func damage(random *rand.Rand, stream []byte) []byte {
	at := random.IntN(len(stream))
	if random.IntN(2) == 0 { // near the head of a frame
		heads := bytes.Count(stream, []byte("raw "))
		for range 1 + random.IntN(heads) {
			at = (at + max(1, bytes.Index(stream[at:], []byte("raw ")))) % len(stream)
		}
	}
	end := min(len(stream), at+1+random.IntN(1000))
	switch random.IntN(4) {
	case 0:
		return stream[:at]
	case 1:
		changed := bytes.Clone(stream)
		changed[at] ^= byte(1 + random.IntN(255))
		return changed
	case 2:
		return append(bytes.Clone(stream[:at]), stream[end:]...)
	default:
		return append(bytes.Clone(stream[:end]), stream[at:]...)
	}
}
