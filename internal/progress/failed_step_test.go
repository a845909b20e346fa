package progress

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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

func TestRepeatFailedStep(t *testing.T) {
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
	for name, c := range map[string]struct{ log, want string }{
		"two side by side":   {failedLog, "the end of step [a 2/2] RUN make a:\n  a begins\n  error: a fails\n"},
		"a step of 30 lines": {long, "the end of step [2/2] RUN seq 30:\n" + strings.Join(numbers, "")},
		"a cut-off log":      {"#7 1.5 x\n#7 ERROR: no\n", "the end of step #7:\n  x\n"},
		"a silent step":      {"#7 [2/2] RUN false\n#7 ERROR: no\n", ""},
		"no failed step":     {"#7 [2/2] RUN true\n#7 0.1 x\nError: no space\n", ""},
		"an empty log":       {"", ""},
	} {
		var out bytes.Buffer
		log := NewLog(Auto, img.Img{}, &out, false)
		if _, err := log.Write([]byte(c.log)); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		log.RepeatFailedStep()
		if diff := cmp.Diff(c.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		log.plain = false
		out.Reset()
		if log.RepeatFailedStep(); out.Len() > 0 {
			t.Errorf("%s, on a terminal: %s", name, &out)
		}
	}
}
