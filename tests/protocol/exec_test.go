package protocol

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	imgexec "github.com/kubectl-img/kubectl-img/exec"
)

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func TestRun(t *testing.T) {
	t.Run("streams arrive whole and separate", runStreams)
	t.Run("exit code is typed", runExitCode)
	t.Run("cancel ends a command that hangs", runCancel)
}

func runStreams(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *cluster, pod imgexec.Container) {
		payload := make([]byte, 9<<20)
		_, _ = rand.Read(payload)
		var out, errOut bytes.Buffer
		err := pod.Run(limited(t), []string{"sh", "-c", "cat; echo apart >&2"},
			imgexec.Streams{Stdin: bytes.NewReader(payload), Stdout: &out, Stderr: &errOut})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), payload) || errOut.String() != "apart\n" {
			t.Errorf("%d bytes of stdout, stderr %q", out.Len(), errOut.String())
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if want := map[bool][]string{false: {"websocket"}, true: {"websocket", "spdy"}}[c.refuseWebSocket]; !slices.Equal(c.asked, want) {
			t.Errorf("transports tried: %v, want %v", c.asked, want)
		}
	})
}

func runExitCode(t *testing.T) {
	eachTransport(t, func(t *testing.T, _ *cluster, pod imgexec.Container) {
		err := pod.Run(limited(t), []string{"sh", "-c", "exit 7"}, imgexec.Streams{Stdout: io.Discard, Stderr: io.Discard})
		var exit *imgexec.ExitError
		if !errors.As(err, &exit) || exit.Code != 7 {
			t.Errorf("%#v, want exit code 7", err)
		}
	})
}

func runCancel(t *testing.T) {
	eachTransport(t, func(t *testing.T, _ *cluster, pod imgexec.Container) {
		cause := errors.New("enough")
		ctx, cancel := context.WithCancelCause(limited(t))
		stdin, hold := io.Pipe()
		defer hold.Close()
		time.AfterFunc(300*time.Millisecond, func() { cancel(cause) })
		start := time.Now()
		err := pod.Run(ctx, []string{"sleep", "30"}, imgexec.Streams{Stdin: stdin, Stdout: io.Discard})
		if !errors.Is(err, cause) || time.Since(start) > 5*time.Second {
			t.Errorf("%v after %s, want the cause at once", err, time.Since(start))
		}
	})
}

// receive is a script that reads frames as the supervisor does, and prints what it has received.
const receive = `while read -r kind n sum; do case $kind in
end) echo "end $n $sum"; break;;
raw) dd bs="$n" count=1 iflag=fullblock 2>/dev/null >>"$0";;
gzip) dd bs="$n" count=1 iflag=fullblock 2>/dev/null | gzip -dc >>"$0";;
esac; done
sha256sum <"$0"; cat >/dev/null`

func TestFrames(t *testing.T) {
	t.Run("arrive whole", framesArrive)
	t.Run("of a lost connection have no end marker", framesCut)
}

func framesArrive(t *testing.T) {
	eachTransport(t, func(t *testing.T, _ *cluster, pod imgexec.Container) {
		payload := make([]byte, 19<<20+12345) // frames that compress, and frames that don't
		_, _ = rand.Read(payload[9<<20:])
		r, w := io.Pipe()
		f := imgexec.NewFrameWriter(w)
		go func() {
			_, err := io.Copy(f, bytes.NewReader(payload))
			_ = w.CloseWithError(errors.Join(err, f.Finish()))
		}()
		var out bytes.Buffer
		if err := pod.Run(limited(t), []string{"sh", "-c", receive, t.TempDir() + "/got"}, imgexec.Streams{Stdin: r, Stdout: &out}); err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf("end %d %x\n%x  -\n", len(payload), sha256.Sum256(payload), sha256.Sum256(payload))
		if out.String() != want {
			t.Errorf("got %q, want %q", out.String(), want)
		}
	})
}

// framesCut loses the connection, which may end without an error. So only the end marker proves that a stream is complete.
func framesCut(t *testing.T) {
	eachTransport(t, func(t *testing.T, c *cluster, pod imgexec.Container) {
		r, w := io.Pipe()
		f := imgexec.NewFrameWriter(w)
		sent := make(chan struct{})
		go func() {
			_, _ = f.Write(make([]byte, 9<<20))
			close(sent)
			<-t.Context().Done()
		}()
		go func() {
			<-sent
			c.cut()
			_ = w.Close()
		}()
		var out bytes.Buffer
		_ = pod.Run(limited(t), []string{"sh", "-c", receive, t.TempDir() + "/got"}, imgexec.Streams{Stdin: r, Stdout: &out})
		if strings.Contains(out.String(), "end ") {
			t.Errorf("the script has read the end marker: %q", out.String())
		}
	})
}
