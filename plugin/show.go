package plugin

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/docker/go-units"
	"github.com/go-logr/logr/funcr"
	"github.com/sirupsen/logrus"
	"k8s.io/klog/v2"

	"github.com/kubectl-img/kubectl-img/internal/buildcontext"
)

// largeContext is the size in bytes from which the user is told what makes it large.
const largeContext = 100e6

// newLogger returns the run's logger on w: plain lines, and client-go's log in it where --verbose asks for that.
func newLogger(p *Plan, w io.Writer) *logrus.Logger {
	log := logrus.New()
	log.SetOutput(w)
	log.SetFormatter(plainFormatter{})
	switch {
	case p.Verbose:
		log.SetLevel(logrus.DebugLevel)
		klog.SetLogger(funcr.New(func(prefix, args string) { log.Debugf("%s %s", prefix, args) }, funcr.Options{}))
	case p.Progress == ProgressQuiet:
		log.SetLevel(logrus.WarnLevel)
	}
	return log
}

// plainFormatter writes what a user reads: no time, no colour, no fields.
type plainFormatter struct{}

// Format writes one line.
func (plainFormatter) Format(e *logrus.Entry) ([]byte, error) {
	prefix := ""
	if e.Level <= logrus.WarnLevel {
		prefix = "warning: "
	}
	return []byte(prefix + oneLine(e.Message) + "\n"), nil
}

// warnOfSize names the largest entries of a large context: what a user forgot to ignore is nearly always among them.
func (b *build) warnOfSize(ctx context.Context) {
	sum, err := b.Source.Scan(ctx)
	if err != nil || sum.Bytes < largeContext {
		return // what can't be read is an error when it is sent
	}
	var names []string
	for _, e := range sum.Largest {
		names = append(names, fmt.Sprintf("%s (%s)", e.Path, units.HumanSize(float64(e.Bytes))))
	}
	b.log.Warnf("the build context holds %s in %d entries, the largest: %s",
		units.HumanSize(float64(sum.Bytes)), sum.Entries, strings.Join(names, ", "))
}

// lost warns of the owners that the engine could not keep.
func (b *build) lost(report string) {
	if !b.StrictOwnership { // else it is the error
		b.log.Warn(ownersLost(report))
	}
}

// ownersLost reads the report of images/builder/ownership: COUNT: UID:GID PATH, ...
func ownersLost(report string) string {
	count, files, _ := strings.Cut(report, ": ")
	if count == "1" {
		return "the owner of a file in the image is not the one that the Dockerfile asks for: " + files
	}
	return fmt.Sprintf("the owner of %s files in the image is not the one that the Dockerfile asks for; the first: %s", count, files)
}

// warnOfLosses names what the image will not hold as the context does.
func (b *build) warnOfLosses(sent buildcontext.Summary) {
	for _, skipped := range sent.Skipped {
		b.log.Warnf("%s is a %s and was left out of the build context", skipped.Path, skipped.Kind)
	}
	if n := len(sent.SetID); n > 0 {
		// img writes content after the mode, and the kernel then clears the bits for all but the real root.
		b.log.Warnf("%d set-user-ID or set-group-ID files lose that bit when img copies them, %s first; RUN chmod sets it again", n, sent.SetID[0])
	}
}
