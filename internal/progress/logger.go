package progress

import (
	"io"

	"github.com/go-logr/logr/funcr"
	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// NewLogger returns the logger of a run, which writes plain lines to w. A verbose run includes what libraries log: client-go, and those that use logrus's
// own logger, such as the one that unpacks archives and complains of every file whose attributes it can't keep.
func NewLogger(mode Mode, verbose bool, w io.Writer) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(w)
	log.SetFormatter(plainFormatter{})
	libraries := logrus.StandardLogger() //nolint:forbidigo // to keep it off the terminal
	libraries.SetOutput(io.Discard)
	switch {
	case verbose:
		libraries.SetFormatter(plainFormatter{})
		libraries.SetOutput(w)
		log.SetLevel(logrus.DebugLevel)
		klog.SetLogger(funcr.New(func(prefix, args string) { log.Debugf("%s %s", prefix, args) }, funcr.Options{}))
	case mode == Quiet:
		log.SetLevel(logrus.WarnLevel)
	}
	return log
}

// plainFormatter writes the message alone: no time, no colour, no fields.
type plainFormatter struct{}

// Format returns one line.
func (plainFormatter) Format(e *logrus.Entry) ([]byte, error) {
	prefix := ""
	if e.Level <= logrus.WarnLevel {
		prefix = "warning: "
	}
	return []byte(prefix + cli.OneLine(e.Message) + "\n"), nil
}
