package progress

import (
	"bytes"
	"testing"

	"github.com/sirupsen/logrus"
)

// A library's warning is no line of the plugin: only a verbose run has it, and it controls no terminal there.
func TestLibrariesLogInVerboseRunsOnly(t *testing.T) {
	library := logrus.StandardLogger() //nolint:forbidigo // a library's
	defer library.SetOutput(library.Out)
	for verbose, want := range map[bool]string{false: "", true: "warning: no attributes: ]2;title\n"} {
		var out bytes.Buffer
		library.SetOutput(&out)
		NewLogger(Auto, verbose, &out)
		library.Warn("no attributes: \x1b]2;title")
		if out.String() != want {
			t.Errorf("verbose %v: %q, want %q", verbose, out.String(), want)
		}
	}
}
