package registryauth

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// Cause is why a registry could not be used, and what helps. It ends the text of a Refusal.
type Cause = cloud.Cause

// The causes that do not depend on a cloud.
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
	NoLoginFile    Cause = "it has no key .dockerconfigjson or .dockercfg, or is not there; create it as a docker-registry secret"
	NoOpenSSL      Cause = "the builder image has no openssl to fetch the certificate with; use --registry-ca"
)

// Refusal reports a registry that could not be used, who tried, and why.
type Refusal struct {
	Host     string
	Identity string // from Login.Identity
	Push     bool
	Login    bool   // the login failed before the registry was asked
	Detail   string // a status, or the end of the engine's message
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

// Diagnose finds a registry's refusal in the engine's last message: img reports only an exit status and text. The output of a RUN step
// that failed never counts.
func Diagnose(message string) (cause Cause, detail string, ok bool) {
	if strings.Contains(message, "executor failed running") {
		return "", "", false
	}
	if strings.HasPrefix(message, "failed to solve") && strings.Contains(message, "failed to load cache key: ") && strings.HasSuffix(message, ": not found") {
		return NotFound, shorten(message), true
	}
	if !aboutRegistry(message) {
		return "", "", false
	}
	lower := strings.ToLower(message)
	for _, c := range []struct {
		cause Cause
		parts []string
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
		{NoRepository, []string{"unexpected response: 404 ", "unexpected status: 404 "}},
		{Forbidden, []string{"403 forbidden", "forbidden: ", "denied: "}},
		{Unauthorized, []string{"401 unauthorized", "unauthorized: ", "authorization failed", "access denied", "authentication required", "missing username or secret"}},
	} {
		if !containsAny(lower, c.parts...) {
			continue
		}
		if (c.cause == Unauthorized || c.cause == Forbidden) && expired(lower) {
			return Expired, shorten(message), true
		}
		return c.cause, shorten(message), true
	}
	return "", "", false
}

// aboutRegistry tells messages about a registry from those about the build: a Dockerfile can name a file 401.
func aboutRegistry(message string) bool {
	return containsAny(message,
		"failed to authorize", "failed to do request", "pull access denied", "unexpected status", "unexpected response",
		"error getting credentials", "server message", "authorization failed", "proxyconnect", "failed to copy", "failed commit on ref",
	)
}

func expired(message string) bool { return strings.Contains(strings.ToLower(message), "expired") }

func containsAny(text string, parts ...string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
}

// shorten drops the prefixes that the engine's components put before the cause.
func shorten(message string) string {
	for _, wrapper := range []string{"failed to do request: ", "failed to authorize: "} {
		if _, rest, ok := strings.Cut(message, wrapper); ok {
			message = rest
		}
	}
	for _, prefix := range []string{"rpc error: code = Unknown desc = ", "failed to solve with frontend dockerfile.v0: ", "failed to solve: ", "failed to load cache key: ", "failed to copy: httpReaderSeeker: failed open: "} {
		message = strings.TrimPrefix(message, prefix)
	}
	return strings.TrimSuffix(message, ".")
}

// In returns the login of the registry that a message names. It takes the longest name, because eu.gcr.io contains gcr.io.
func (l Logins) In(message string) (found Login, ok bool) {
	for _, login := range l {
		named := containsAny(message, login.Host+"/", login.Host+":", "lookup "+login.Host)
		if named && len(login.Host) > len(found.Host) {
			found, ok = login, true
		}
	}
	return found, ok
}

// Refused returns the refusal of this registry. account is the address of the pod's identity, if known. A missing login has another
// cause than a wrong one.
func (login Login) Refused(cause Cause, detail, account string) *Refusal {
	if login.Method == None && (cause == Unauthorized || cause == Forbidden || cause == Expired) {
		cause = NoLogin
	}
	return &Refusal{Host: login.Host, Identity: login.Identity(account), Cause: cause, Detail: detail}
}
