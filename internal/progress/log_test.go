package progress

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine/img"
)

// What img v0.5.11 writes, with two steps side by side, one of them cached, and colours and progress of a program in a step.
const plainLog = "Building registry.example.com/app:1\n" +
	"#2 [internal] load build definition from Dockerfile\n#2 transferring dockerfile: 183B done\n#2 DONE 0.0s\n\n" +
	"#4 [1/4] FROM registry.example.com/busybox:1\n#4 sha256:b4b3 1.11MB / 1.11MB 0.0s done\n#4 DONE 0.1s\n\n" +
	"#5 [2/4] COPY a /\n#5 CACHED\n\n" +
	"#6 [3/4] RUN npm ci\n#6 0.150 \x1b[31mred\x1b[0m and \x1b]8;;http://x\x07link\x1b]8;;\x07 ü\n" +
	"#7 [4/4] RUN make\n#7 0.2 10%\r20%\r100%\r\n#7 DONE 0.3s\n\n" +
	"#6 [3/4] RUN npm ci\n#6 DONE 1.1s\n\n" +
	"#8 exporting to image\n#8 exporting layers done\n#8 DONE 0.0s\nSuccessfully built registry.example.com/app:1"

const stepsOfPlainLog = `Building registry.example.com/app:1
[1/4] FROM registry.example.com/busybox:1
[2/4] COPY a / (cached)
[3/4] RUN npm ci
[4/4] RUN make
exporting to image
Successfully built registry.example.com/app:1
`

func TestSteps(t *testing.T) {
	t.Parallel()
	t.Run("each step is one line", stepsOnOneLine)
	t.Run("output is hidden until a step fails", stepsHideOutput)
}

func stepsOnOneLine(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(Steps, img.Img{}, &out, false)
	writeAll(t, log, plainLog, len(plainLog))
	if diff := cmp.Diff(stepsOfPlainLog, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func stepsHideOutput(t *testing.T) {
	var out bytes.Buffer
	log := NewLog(Steps, img.Img{}, &out, false)
	writeAll(t, log, failedLog, 1)
	if diff := cmp.Diff("[a 2/2] RUN make a\n[b 2/2] RUN make b\n", out.String()); diff != "" {
		t.Errorf("before the end (-want +got):\n%s", diff)
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	t.Run("a file gets what a terminal shows", logForFile)
	t.Run("an endless line is cut", logEndlessLine)
}

// A log arrives in pieces of any size, which may cut a line or a character in two.
func logForFile(t *testing.T) {
	const text = "#6 0.150 \x1b[31mred\x1b[0m and \x1b]8;;http://x\x07link\x1b]8;;\x07 ü\n#7 0.2 10%\r20%\r100%\r\na\x07b\tc\x7f\x1b(B\nno end"
	const want = "#6 0.150 red and link ü\n#7 0.2 100%\nab\tc\nno end"
	for _, size := range []int{1, 2, 3, 7, len(text)} {
		var out bytes.Buffer
		writeAll(t, NewLog(Auto, img.Img{}, &out, false), text, size)
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("in pieces of %d (-want +got):\n%s", size, diff)
		}
	}
}

// The rest of a long line must not pass for a line of its own, for example for one of the engine's.
func logEndlessLine(t *testing.T) {
	for _, mode := range []Mode{Plain, Steps} {
		var out bytes.Buffer
		log := NewLog(mode, img.Img{}, &out, false)
		dots := strings.Repeat(".", maxLineBytes)
		writeAll(t, log, dots+"#1 [1/1] RUN forged\nnext\n", 100_001)
		if want := dots + cutNote + "\nnext\n"; out.String() != want {
			t.Errorf("%s: shown %d bytes that end with %q", mode, out.Len(), out.String()[max(0, out.Len()-60):])
		}
		if len(log.tail) > tailBytes || cap(log.partial) > 4*maxLineBytes {
			t.Errorf("%d bytes of tail and %d of the line are kept", len(log.tail), cap(log.partial))
		}
	}
}

func writeAll(t *testing.T, log *Log, text string, size int) {
	t.Helper()
	for len(text) > 0 {
		part := text[:min(size, len(text))]
		text = text[len(part):]
		if n, err := log.Write([]byte(part)); err != nil || n != len(part) {
			t.Fatalf("%d bytes taken of %d, %v", n, len(part), err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
}
