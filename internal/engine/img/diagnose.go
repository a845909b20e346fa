package img

import (
	"regexp"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/engine"
	"github.com/kubectl-img/kubectl-img/internal/registryauth"
)

// Words of the engine that are not about a registry.
const (
	errorPrefix = "Error: "
	// gaveUp is all that img says when the session between its own client and server times out.
	gaveUp = "context canceled"
	// stepLost ends the message about a step whose container has ended.
	stepLost = ": the container of build steps has ended"
	// oneMoreSlot ends it where a frontend from an image takes the only container for build steps.
	oneMoreSlot = ": the pod needs one more"
	// stepOOM ends it where the kernel has killed a process of the step for memory.
	stepOOM = ": cannot allocate memory"
	// These are in every message about a RUN step, whose output may say anything. img v0.5.11 says the second.
	stepFailed    = "did not complete successfully: exit code: "
	oldStepFailed = "executor failed running"
	// forbidden is about a frontend that is not in --frontends.
	forbidden = " is not allowed: want "
)

// wrappers is what the engine's own layers say before the cause.
var wrappers = regexp.MustCompile(`^failed to solve: (failed to compute cache key: )?(failed to calculate checksum of ref \S+: )?`)

// Diagnose reads img's last line. img reports nothing but an exit status and text.
func (Img) Diagnose(lastLine string) engine.Diagnosis {
	text := strings.TrimPrefix(lastLine, errorPrefix)
	d := engine.Diagnosis{Text: text, GaveUp: text == gaveUp}
	switch {
	case strings.HasSuffix(text, oneMoreSlot):
		return engine.Diagnosis{Text: text, Flag: "--slots 2"}
	case strings.HasSuffix(text, stepLost):
		return engine.Diagnosis{Text: text, StepLost: true}
	case strings.HasSuffix(text, stepOOM) && containsAny(text, stepFailed):
		return engine.Diagnosis{Text: text, StepOOM: true}
	}
	if said, want, found := strings.Cut(text, forbidden); found && strings.HasPrefix(said, "failed to solve: ") && !containsAny(text, stepFailed) {
		if i := strings.LastIndex(said, "frontend "); i >= 0 {
			return engine.Diagnosis{Text: text, Frontend: strings.TrimPrefix(said[i:], "frontend "), Allowed: want}
		}
	}
	if d.Flag = missingFlag(text); d.Flag == "" {
		d.Registry, d.Detail = registryCause(text)
	}
	d.Text = wrappers.ReplaceAllString(text, "")
	return d
}

// missingFlag returns the flag for a secret or a key that a step requires.
func missingFlag(text string) string {
	said, isSolve := strings.CutPrefix(text, "failed to solve: ")
	if !isSolve || containsAny(text, stepFailed) {
		return ""
	}
	if id, ok := strings.CutPrefix(said, "secret "); ok && strings.HasSuffix(id, ": not found") {
		id, _, _ = strings.Cut(id, ": ")
		return "--secret id=" + id + ",src=FILE"
	}
	if strings.Contains(said, "could not read Username for ") { // git, which can't ask
		return "--secret id=GIT_AUTH_TOKEN,env=NAME"
	}
	if _, rest, ok := strings.Cut(said, "no SSH key \""); ok {
		id, _, _ := strings.Cut(rest, "\"")
		return "--ssh " + id + "=FILE, with a private key"
	}
	return ""
}

// causes lists what the engine, or a registry through it, says in lower case. The first match counts.
func causes() []struct {
	cause registryauth.Cause
	signs []string
} {
	return []struct {
		cause registryauth.Cause
		signs []string
	}{
		{registryauth.HelperMissing, []string{"executable file not found"}},
		{registryauth.HelperFailed, []string{"error getting credentials"}},
		{registryauth.BadCertificate, []string{"x509: ", "tls: failed to verify"}},
		{registryauth.PlainHTTP, []string{"server gave http response to https client", "first record does not look like a tls handshake"}},
		{registryauth.UnknownHost, []string{"no such host", "dial tcp: lookup ", "name resolution"}},
		{registryauth.TimedOut, []string{"i/o timeout", "handshake timeout", "timeout awaiting", "504 gateway timeout"}},
		{registryauth.Limited, []string{"429 too many requests", "toomanyrequests"}},
		{registryauth.ServerError, []string{": 500 ", ": 501 ", ": 502 ", ": 503 ", ": 507 "}},
		{registryauth.Unreachable, []string{"connection refused", "no route to host", "network is unreachable", "proxyconnect"}},
		{registryauth.Broken, []string{"connection reset", ": eof", "unexpected eof", "broken pipe", "no response", "server closed", "closed network connection", "must be retried", "stream error", "goaway", "http2: "}},
		{registryauth.NoRepository, []string{"unexpected response: 404 ", ": 404 not found"}},
		{registryauth.Forbidden, []string{"403 forbidden", "forbidden: ", "denied: "}},
		{registryauth.Unauthorized, []string{"401 unauthorized", "unauthorized: ", "authorization failed", "access denied", "authentication required", "missing username or secret"}},
	}
}

func registryCause(words string) (registryauth.Cause, string) {
	if containsAny(words, stepFailed, oldStepFailed) {
		return "", ""
	}
	// img v0.5.11 says the second.
	missing := containsAny(words, "failed to resolve source metadata for ", "failed to load cache key: ")
	if strings.HasPrefix(words, "failed to solve") && missing && strings.HasSuffix(words, ": not found") {
		return registryauth.NotFound, shorten(words)
	}
	if !aboutRegistry(words) {
		return "", ""
	}
	lower := strings.ToLower(words)
	for _, c := range causes() {
		if !containsAny(lower, c.signs...) {
			continue
		}
		if (c.cause == registryauth.Unauthorized || c.cause == registryauth.Forbidden) && strings.Contains(lower, "expired") {
			return registryauth.Expired, shorten(words)
		}
		return c.cause, shorten(words)
	}
	return "", ""
}

// aboutRegistry separates messages about a registry from messages about the build: a Dockerfile can name a file 401.
func aboutRegistry(words string) bool {
	return containsAny(words,
		"failed to authorize", "failed to do request", "pull access denied", "unexpected status", "unexpected response",
		"error getting credentials", "server message", "authorization failed", "proxyconnect", "failed to copy", "failed commit on ref")
}

func containsAny(text string, signs ...string) bool {
	for _, s := range signs {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// shorten drops the prefixes that each layer of the engine puts before the cause.
func shorten(words string) string {
	for _, wrapper := range []string{"failed to do request: ", "failed to authorize: "} {
		if _, rest, ok := strings.Cut(words, wrapper); ok {
			words = rest
		}
	}
	for _, prefix := range []string{"rpc error: code = Unknown desc = ", "failed to solve with frontend dockerfile.v0: ", "failed to solve: ", "failed to load cache key: ", "failed to copy: httpReaderSeeker: failed open: "} {
		words = strings.TrimPrefix(words, prefix)
	}
	return strings.TrimSuffix(words, ".")
}
