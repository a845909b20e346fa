package registryauth

import (
	"fmt"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
)

// Cause is why a registry could not be used, and what helps. It ends the text of a Rejection.
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
	PlainHTTP      Cause = "the registry speaks plain http, which is not supported yet; give it a certificate"
	HelperMissing  Cause = "the builder image lacks the credential helper; use one that has it"
	HelperFailed   Cause = "the credential helper gave no login; look at its words in the log"
	NoLoginFile    Cause = "it has no key .dockerconfigjson or .dockercfg, or is not there; create it as a docker-registry secret"
	NoOpenSSL      Cause = "the builder image has no openssl to fetch the certificate with; use --registry-ca"
)

// Rejection reports a registry that could not be used, who tried, and why.
type Rejection struct {
	Host     string
	Identity string // from Login.identity
	Push     bool
	Login    bool   // the login failed before the registry was asked
	Detail   string // a status, or the end of the engine's message
	Cause    Cause
}

func (e *Rejection) Error() string {
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

// In returns the login of the registry that a message names. It takes the longest name, because eu.gcr.io contains gcr.io.
func (l Logins) In(message string) (found Login, ok bool) {
	for _, login := range l {
		named := strings.Contains(message, login.Host+"/") || strings.Contains(message, login.Host+":") || strings.Contains(message, "lookup "+login.Host)
		if named && len(login.Host) > len(found.Host) {
			found, ok = login, true
		}
	}
	return found, ok
}

// Rejected returns the rejection of this registry. account is the address of the pod's identity, if known. A missing login has another
// cause than a wrong one.
func (login Login) Rejected(cause Cause, detail, account string) *Rejection {
	if login.Method == none && (cause == Unauthorized || cause == Forbidden || cause == Expired) {
		cause = NoLogin
	}
	return &Rejection{Host: login.Host, Identity: login.identity(account), Cause: cause, Detail: detail}
}
