// Package cloud defines what kubectl-img needs to know about a cloud whose registries accept the identity of a pod. Each cloud is a
// package beside this one.
//
// To add a cloud, implement Cloud in such a package, with the script of its login in login.sh, and add a line to clouds.go of package
// registryauth. Flags, completion, the supervisor and the hints follow.
package cloud

// Cloud logs in to registries with the identity that it gives a pod.
type Cloud interface {
	Description() Description
	// Serves reports whether the registry at host belongs to the cloud.
	Serves(host string) bool
	// Hint returns a command or a setting that solves the problem, or "".
	Hint(problem Problem, login FailedLogin) string
}

// Description is what does not depend on a build.
type Description struct {
	Name    string         // one word; the script defines the function login_NAME
	Title   string         // for messages, as in "the pod's TITLE identity"
	Methods []HelperMethod // values of --auth
	// Script is a part of the supervisor. It defines login_NAME HELPER ACCOUNT HOSTS, which makes a credential helper log in to the
	// registries. HELPER is the name of a method, or AnyHelper. The function calls fail_job with the codes of package session.
	Script string
	// AccountAnnotation is the annotation by which a service account names the account that it stands for in the cloud, if any.
	AccountAnnotation string
	// NoIdentity and WrongIdentity end the error lines of these problems.
	NoIdentity, WrongIdentity Cause
}

// HelperMethod is a value of --auth: a credential helper of the cloud.
type HelperMethod struct {
	Name        string
	Program     string // which asks for the login
	Description string // for completion
}

// AnyHelper stands for any credential helper of the cloud that the builder image has.
const AnyHelper = "any"

// Cause is the last part of an error line: why a registry could not be used, and what helps.
type Cause string

// Problem is what can be wrong with the login to a cloud's registry.
type Problem string

// The problems that a cloud has hints for.
const (
	HelperMissing Problem = "the builder image lacks the credential helper"
	NoIdentity    Problem = "the cloud gives the pod no identity"
	WrongIdentity Problem = "the pod has another identity than the user asked for"
	Unauthorized  Problem = "the registry does not accept the identity"
	Forbidden     Problem = "the identity lacks a right"
)

// FailedLogin describes the login that had a problem.
type FailedLogin struct {
	Push           bool   // the pod pushed; otherwise it pulled
	Namespace      string // of the pod
	ServiceAccount string // of the pod
	Account        string // the address of the pod's identity, if known
}
