package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

// Result is the supervisor's report of a job that succeeded. A build step can try to forge it, so each field has the form that is
// described here.
type Result struct {
	Digest    string `json:"digest"`    // of the manifest, sha256: and 64 hex digits; empty if the engine named none
	Size      int64  `json:"size"`      // of the manifest in bytes, 0 if the engine keeps none
	MediaType string `json:"mediaType"` // of the manifest, type/subtype or empty
	Config    string `json:"config"`    // digest of the image's configuration, or empty
}

// JobError is the supervisor's report of a job that failed.
type JobError struct {
	Phase     string   `json:"phase"` // cache, preflight, context, login, build, ownership, digest, push, output, killed, stopped or abandoned
	Code      int      `json:"code"`  // exit code of the step
	Exhausted Resource `json:"cause"` // what the pod ran out of, or empty
	Message   string   `json:"error"`
}

// Resource is something that a pod can run out of.
type Resource string

// The resources that the supervisor knows.
const (
	Memory Resource = "memory"
	Disk   Resource = "disk"
)

func (e *JobError) Error() string { return e.Phase + ": " + e.Message }

var (
	errNoDigest  = errors.New("neither a digest nor a phase that failed")
	errDigest    = errors.New("a digest is not sha256: and 64 hex digits")
	errMediaType = errors.New("the media type is not type/subtype")
	errPhase     = errors.New("the phase is not a word")
)

// ParseResult reads the supervisor's result from its last event or from the termination message. The error of a job that failed
// is a *JobError. A text that can't be read is never a success.
func ParseResult(text string) (Result, error) {
	var failed JobError
	var done struct {
		Result
		Digest *string `json:"digest"` // every success has one, although it can be empty
	}
	err := json.Unmarshal([]byte(text), &failed)
	if err == nil {
		err = json.Unmarshal([]byte(text), &done)
	}
	switch {
	case err != nil:
	case failed.Phase != "":
		err = failed.check()
	case done.Digest == nil:
		err = errNoDigest
	default:
		done.Result.Digest = *done.Digest
		err = done.check()
	}
	if err != nil {
		return Result{}, fmt.Errorf("read the supervisor's result %.100q: %w", text, err)
	}
	if failed.Phase != "" {
		return Result{}, &failed
	}
	return done.Result, nil
}

func (r Result) check() error {
	for _, digest := range []string{r.Digest, r.Config} {
		if digest != "" && !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest) {
			return errDigest
		}
	}
	if r.MediaType != "" && !regexp.MustCompile(`^[a-z]+/[a-z0-9][a-zA-Z0-9.+_-]*$`).MatchString(r.MediaType) {
		return errMediaType
	}
	return nil
}

func (e *JobError) check() error {
	if !regexp.MustCompile(`^[a-z]+$`).MatchString(e.Phase) {
		return errPhase
	}
	if e.Exhausted != Memory && e.Exhausted != Disk {
		e.Exhausted = ""
	}
	e.Message = withoutControls(e.Message)
	return nil
}

// withoutControls replaces control characters by spaces: a text of the pod must not control the user's terminal.
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if !cli.Printable(r) {
			return ' '
		}
		return r
	}, text)
}

// resultEvent is the supervisor's last event.
type resultEvent struct {
	logBytes int64 // length of the whole log
	exitCode int
	result   string
}

// parseResultEvent reads "LOGBYTES EXITCODE RESULT".
func parseResultEvent(text string) (resultEvent, error) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return resultEvent{}, fmt.Errorf("read the supervisor's last event %.100q", text)
	}
	n, err := strconv.ParseUint(parts[0], 10, 63)
	if err != nil {
		return resultEvent{}, fmt.Errorf("read the supervisor's log length: %w", err)
	}
	code, err := strconv.Atoi(parts[1])
	if err != nil {
		return resultEvent{}, fmt.Errorf("read the supervisor's exit code: %w", err)
	}
	return resultEvent{logBytes: int64(n), exitCode: code, result: parts[2]}, nil
}

func (e resultEvent) parse() (Result, error) {
	r, err := ParseResult(e.result)
	if err == nil && e.exitCode != 0 {
		err = fmt.Errorf("the supervisor ended with code %d and no reason", e.exitCode)
	}
	return r, err
}
