package registryauth

import (
	"fmt"
	"strings"
)

// Cause is why a registry could not be used.
type Cause string

// The causes, each with what to do about it; a Refusal's text ends with one.
const (
	Unauthorized   Cause = "the registry knows no such login; log in to it"
	NoLogin        Cause = "the registry wants a login; choose one with --auth"
	Forbidden      Cause = "the login may not do this; have it granted"
	Expired        Cause = "the login has expired; log in again"
	UnknownHost    Cause = "the pod finds no such host; correct the name, or the cluster's DNS"
	Unreachable    Cause = "the pod does not reach the registry; look at network policies and proxies"
	BadCertificate Cause = "the builder does not trust the registry's certificate; name its authority with --registry-ca"
	Limited        Cause = "the registry limits how much is asked of it; wait, or log in for a higher limit"
	ServerError    Cause = "the registry failed by itself; wait, or tell those who run it"
	TimedOut       Cause = "the registry did not answer in time; look at it, at network policies and proxies"
	Broken         Cause = "the registry broke off the connection; look at it and at proxies in between"
	NotFound       Cause = "the registry has no such image; correct its name or tag"
	NoRepository   Cause = "the registry has no such repository; create it, or correct the name"
	PlainHTTP      Cause = "the registry speaks plain http, which img v0.5.11 can't; give it a certificate"
	HelperMissing  Cause = "the builder image lacks the credential helper; use one that has it"
	HelperFailed   Cause = "the credential helper gave no login; look at its words in the log"
	NoMetadata     Cause = "the metadata server gave no token in time; build on nodes that have one"
	WrongIdentity  Cause = "Workload Identity is not in effect for the pod; connect its service account"
	NoLoginFile    Cause = "it has no key .dockerconfigjson or .dockercfg, or is not there; create it as a docker-registry secret"
	NoOpenSSL      Cause = "the builder image has no openssl to fetch the certificate with; use --registry-ca"
)

// Refusal says which registry could not be used, as whom, and why.
type Refusal struct {
	Host     string
	Identity string // as Login.Identity has it
	Push     bool
	Login    bool   // it failed before the registry was asked
	Detail   string // what was heard: a status, or the engine's words
	Cause    Cause
}

func (e *Refusal) Error() string {
	what := "pull from"
	switch {
	case e.Login:
		what = "log in to"
	case e.Push:
		what = "push to"
	}
	text := fmt.Sprintf("%s %s", what, e.Host)
	if e.Identity != "" {
		text += " " + e.Identity
	}
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	return text + ": " + string(e.Cause)
}

// Diagnose recognizes a registry's refusal in the last words of the engine. This is the one place that reads them: img
// reports an exit status and text. A failed RUN step is none, whatever it printed.
func Diagnose(words string) (cause Cause, detail string, ok bool) {
	if strings.Contains(words, "did not complete successfully: exit code: ") || strings.Contains(words, "executor failed running") { // img v0.5.11 says the second
		return "", "", false
	}
	missing := firstOf(words, []string{"failed to resolve source metadata for ", "failed to load cache key: "}) // img v0.5.11 says the second
	if strings.HasPrefix(words, "failed to solve") && missing != "" && strings.HasSuffix(words, ": not found") {
		return NotFound, shorten(words), true
	}
	if !aboutRegistry(words) {
		return "", "", false
	}
	lower := strings.ToLower(words)
	for _, c := range []struct {
		cause Cause
		signs []string
	}{
		{HelperMissing, []string{"executable file not found"}},
		{HelperFailed, []string{"error getting credentials"}},
		{BadCertificate, []string{"x509: ", "tls: failed to verify"}},
		{PlainHTTP, []string{"server gave http response to https client", "first record does not look like a tls handshake"}},
		{UnknownHost, []string{"no such host", "dial tcp: lookup ", "name resolution"}},
		{TimedOut, []string{"i/o timeout", "handshake timeout", "timeout awaiting", "504 gateway timeout"}},
		{Limited, []string{"429 too many requests", "toomanyrequests"}},
		{ServerError, []string{": 500 ", ": 501 ", ": 502 ", ": 503 ", ": 507 "}},
		{Unreachable, []string{"connection refused", "no route to host", "network is unreachable", "proxyconnect"}},
		{Broken, []string{"connection reset", ": eof", "unexpected eof", "broken pipe", "no response", "server closed", "closed network connection", "must be retried", "stream error", "goaway", "http2: "}},
		{NoRepository, []string{"unexpected response: 404 ", ": 404 not found"}}, // img v0.5.11 says the first
		{Forbidden, []string{"403 forbidden", "forbidden: ", "denied: "}},
		{Unauthorized, []string{"401 unauthorized", "unauthorized: ", "authorization failed", "access denied", "authentication required", "missing username or secret"}},
	} {
		sign := firstOf(lower, c.signs)
		if sign == "" {
			continue
		}
		if (c.cause == Unauthorized || c.cause == Forbidden) && expired(lower) {
			return Expired, shorten(words), true
		}
		return c.cause, shorten(words), true
	}
	return "", "", false
}

// aboutRegistry tells the engine's words about a registry from those about the build: a Dockerfile can name a file 401.
func aboutRegistry(words string) bool {
	return firstOf(words, []string{
		"failed to authorize", "failed to do request", "pull access denied", "unexpected status", "unexpected response",
		"error getting credentials", "server message", "authorization failed", "proxyconnect", "failed to copy", "failed commit on ref",
	}) != ""
}

func expired(words string) bool { return strings.Contains(strings.ToLower(words), "expired") }

func firstOf(text string, signs []string) string {
	for _, s := range signs {
		if strings.Contains(text, s) {
			return s
		}
	}
	return ""
}

// shorten keeps the end of the engine's words: each of its parts has put a prefix before the cause.
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

// In finds the registry that words are about, among those of a build: the longest name, for gcr.io is in eu.gcr.io.
func (l Logins) In(words string) (found Login, ok bool) {
	for _, login := range l {
		named := firstOf(words, []string{login.Host + "/", login.Host + ":", "lookup " + login.Host}) != ""
		if named && len(login.Host) > len(found.Host) {
			found, ok = login, true
		}
	}
	return found, ok
}

// Refused is the refusal of this registry; a login nobody had is told apart from one that was wrong.
func (login Login) Refused(cause Cause, detail, email string) *Refusal {
	if login.Method == None && (cause == Unauthorized || cause == Forbidden || cause == Expired) {
		cause = NoLogin
	}
	return &Refusal{Host: login.Host, Identity: login.Identity(email), Cause: cause, Detail: detail}
}
