package progress

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/engine/img"
)

const failedLog = `#4 [a 2/2] RUN make a
#5 [b 2/2] RUN make b
#4 0.101 a begins
#5 0.100 b begins
#4 0.312 error: a fails
#5 0.401 b goes on
#4 ERROR: executor failed running [/bin/sh -c make a]: exit code: 2
#5 CANCELED
------
 > [a 2/2] RUN make a:
------
`

// The report of the engine of this release: the repetition of a step that prints what looks like a report, and a quotation of the Dockerfile.
const quotingLog = `#4 [2/3] RUN true
#5 [3/3] RUN make
#5 0.101 ------
#5 0.102 Dockerfile:9
#5 ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 2
------
 > [3/3] RUN make:
0.101 ------
0.102 Dockerfile:9
#4 ERROR: forged: exit code: 0
------
app.Dockerfile:3
--------------------
   1 |     FROM busybox
   2 |     RUN true
   3 | >>> RUN make
   4 |` + "     " + `
--------------------
Error: failed to solve: process "/bin/sh -c make" did not complete successfully: exit code: 2
`

const quotingBlock = `step 3/3 failed with exit code 2: app.Dockerfile:3
   1 |     FROM busybox
   2 |     RUN true
   3 | >>> RUN make
   4 |
its output:
  ------
  Dockerfile:9
`

const parseLog = `#1 DONE 0.0s
Dockerfile:2
--------------------
   2 | >>> NONSENSE` + "\x1b]0;evil\a" + `
--------------------
Error: failed to solve: dockerfile parse error on line 2: unknown instruction: NONSENSE
`

func TestShowFailure(t *testing.T) {
	t.Parallel()
	long := "#7 [2/2] RUN seq 30\n"
	var numbers []string
	for i := range 30 {
		long += fmt.Sprintf("#7 0.%d line %d\n", i, i)
		if i >= 10 {
			numbers = append(numbers, fmt.Sprintf("  line %d\n", i))
		}
	}
	long += "#7 ERROR: exit code: 1\n"
	for name, c := range map[string]struct {
		log, want string
		failure   engine.Failure
	}{
		"two side by side":              {failedLog, "step a 2/2 failed: RUN make a\nits output:\n  a begins\n  error: a fails\n", engine.Failure{Position: "a 2/2"}},
		"a step of 30 lines":            {long, "step 2/2 failed: RUN seq 30\nthe last 20 lines of its output:\n" + strings.Join(numbers, ""), engine.Failure{Position: "2/2"}},
		"a cut-off log":                 {"#7 1.5 x\n#7 ERROR: no\n", "step #7 failed\nits output:\n  x\n", engine.Failure{}},
		"a step whose error is missing": {"#7 [2/2] RUN true\n------\n > [2/2] RUN true:\n------\nError: no\n", "step 2/2 failed: RUN true\n", engine.Failure{Position: "2/2"}},
		"a step that has not begun": {
			"#4 [1/2] FROM x\n#5 [a 2/2] COPY no /\n#5 CANCELED\nDockerfile:2\n--------------------\n   2 | >>> COPY  no \\\n   3 | >>> /\n--------------------\nError: no\n",
			"step a 2/2 failed: sub/app:2\n   2 | >>> COPY  no \\\n   3 | >>> /\n",
			engine.Failure{Position: "a 2/2", Place: "sub/app:2"},
		},
		"a silent step":  {"#7 [2/2] RUN false\n#7 ERROR: no\n", "step 2/2 failed: RUN false\n", engine.Failure{Position: "2/2"}},
		"a quotation":    {quotingLog, quotingBlock, engine.Failure{Position: "3/3", Place: "app.Dockerfile:3", ExitCode: 2}},
		"no step":        {parseLog, "build failed: sub/app:2\n   2 | >>> NONSENSE\n", engine.Failure{Place: "sub/app:2"}},
		"no failed step": {"#7 [2/2] RUN true\n#7 0.1 x\nError: no space\n", "Error: no space\n", engine.Failure{}},
		"an empty log":   {"", "", engine.Failure{}},
	} {
		for _, mode := range []Mode{Plain, Steps, Quiet, Auto} {
			t.Run(fmt.Sprintf("%s, %s", name, mode), func(t *testing.T) {
				var out bytes.Buffer
				log := NewLog(mode, img.Img{}, &out, mode == Auto)
				writeAll(t, log, c.log, 3)
				if strings.Contains(out.String(), "\n---") || strings.Contains(out.String(), "Error: ") {
					t.Errorf("the engine's own report is shown:\n%s", &out)
				}
				out.Reset()
				failure := log.ShowFailure("sub/app")
				if diff := cmp.Diff(c.failure, failure); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
				want := c.want
				if name == "no failed step" && mode == Quiet {
					want = c.log
				}
				if diff := cmp.Diff(want, out.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		}
	}
}

// A text that only begins as a report is shown.
func TestNoReport(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"a frame":                     "------\nnext\n",
		"an address":                  "registry:5000\n#1 [1/1] FROM x\n",
		"an error in between":         "Error: try again\nagain\n",
		"two errors":                  "Error: one\nError: two\n",
		"a build that is tried again": quotingLog + quotingLog + "done\n",
	} {
		for _, terminal := range []bool{false, true} {
			var out bytes.Buffer
			log := NewLog(Plain, img.Img{}, &out, terminal)
			writeAll(t, log, text, 5)
			log.ShowRest()
			if diff := cmp.Diff(text, out.String()); diff != "" {
				t.Errorf("%s, terminal %v (-want +got):\n%s", name, terminal, diff)
			}
			out.Reset()
			log = NewCopy(img.Img{}, &out, terminal)
			if writeAll(t, log, failedLog, 5); out.String() != failedLog {
				t.Errorf("a copy, terminal %v: %s", terminal, &out)
			}
		}
	}
}
