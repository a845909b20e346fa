package session

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Result is what the supervisor reports of a job that ran to its end.
type Result struct {
	Digest    string `json:"digest"`    // of the manifest, sha256:…
	Size      int64  `json:"size"`      // of the manifest in bytes, 0 if the engine keeps none
	MediaType string `json:"mediaType"` // of the manifest
	Config    string `json:"config"`    // digest of the image's configuration
}

// JobError says which phase of the job failed and how.
type JobError struct {
	Phase   string `json:"phase"` // cache, preflight, context, login, build, ownership, digest, push, output, stopped or abandoned
	Code    int    `json:"code"`  // exit code of the step
	Cause   Cause  `json:"cause"` // what the pod ran out of, or empty
	Message string `json:"error"`
}

// Cause is what a pod ran out of.
type Cause string

// The causes the supervisor knows.
const (
	NoMemory Cause = "memory"
	NoDisk   Cause = "disk"
)

func (e *JobError) Error() string { return e.Phase + ": " + e.Message }

var errNoDigest = errors.New("neither a digest nor a phase that failed")

// ParseResult reads the supervisor's result from its last event or from the termination message. A job that failed
// is a *JobError; anything unreadable is an error too, never a success.
func ParseResult(text string) (Result, error) {
	var failed JobError
	var done struct {
		Result
		Digest *string `json:"digest"` // there in every success, if only empty
	}
	err := errors.Join(json.Unmarshal([]byte(text), &failed), json.Unmarshal([]byte(text), &done))
	switch {
	case err == nil && failed.Phase != "":
		return Result{}, &failed
	case err == nil && done.Digest == nil:
		err = errNoDigest
	}
	if err != nil {
		return Result{}, fmt.Errorf("read the supervisor's result %.100q: %w", text, err)
	}
	done.Result.Digest = *done.Digest
	return done.Result, nil
}

// ending is the last event: how long the log is, and the result.
type ending struct {
	logBytes int64
	exitCode int
	result   string
}

// parseEnding reads "LOGBYTES EXITCODE RESULT".
func parseEnding(text string) (ending, error) {
	parts := strings.SplitN(text, " ", 3)
	if len(parts) != 3 {
		return ending{}, fmt.Errorf("read the supervisor's last event %.100q", text)
	}
	n, err := strconv.ParseUint(parts[0], 10, 63)
	if err != nil {
		return ending{}, fmt.Errorf("read the supervisor's log length: %w", err)
	}
	code, err := strconv.Atoi(parts[1])
	if err != nil {
		return ending{}, fmt.Errorf("read the supervisor's exit code: %w", err)
	}
	return ending{logBytes: int64(n), exitCode: code, result: parts[2]}, nil
}

func (e ending) parse() (Result, error) {
	r, err := ParseResult(e.result)
	if err == nil && e.exitCode != 0 {
		err = fmt.Errorf("the supervisor ended with code %d and no reason", e.exitCode)
	}
	return r, err
}
