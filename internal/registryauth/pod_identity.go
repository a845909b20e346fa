package registryauth

import "github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"

// Helper is a credential helper in the pod.
type Helper struct {
	Cloud string // name of its cloud
	Name  string // a method of the cloud, or cloud.AnyHelper
	Hosts []string
}

// Helpers returns the credential helpers that the logins need.
func (l Logins) Helpers() []Helper {
	var helpers []Helper
	add := func(c cloud.Description, name string, m Method) {
		if hosts := l.ByMethod(m); len(hosts) > 0 {
			helpers = append(helpers, Helper{c.Name, name, hosts})
		}
	}
	for _, c := range clouds() {
		d := c.Description()
		add(d, cloud.AnyHelper, anyHelper(c))
		for _, m := range d.Methods {
			add(d, m.Name, Method(m.Name))
		}
	}
	return helpers
}

// cloud returns the cloud whose identity the pod uses. A pod has the identity of one cloud, that of its node.
func (l Logins) cloud() (cloud.Cloud, bool) {
	for _, login := range l {
		if c, _, ok := cloudOf(login.Method); ok {
			return c, true
		}
	}
	return nil, false
}

// AccountAnnotation returns the annotation by which the pod's service account names the account that it stands for in its cloud.
// It is empty for a build that uses no cloud identity.
func (l Logins) AccountAnnotation() string {
	c, ok := l.cloud()
	if !ok {
		return ""
	}
	return c.Description().AccountAnnotation
}

// IdentityCause returns what the cloud says about cloud.NoIdentity or cloud.WrongIdentity.
func (l Logins) IdentityCause(problem cloud.Problem) Cause {
	c, ok := l.cloud()
	switch {
	case !ok:
		return ""
	case problem == cloud.NoIdentity:
		return c.Description().NoIdentity
	default:
		return c.Description().WrongIdentity
	}
}

// CloudHint returns the hint of the cloud that the rejected login belongs to, or "". login needs no Push.
func (l Logins) CloudHint(r *Rejection, login cloud.FailedLogin) string {
	c, ok := l.cloud()
	if rejected, found := l.Of(r.Host); found {
		c, _, ok = cloudOf(rejected.Method)
	}
	if !ok {
		return ""
	}
	login.Push = r.Push
	return c.Hint(problemOf(r.Cause, c.Description()), login)
}

func problemOf(cause Cause, d cloud.Description) cloud.Problem {
	switch cause {
	case HelperMissing:
		return cloud.HelperMissing
	case d.NoIdentity:
		return cloud.NoIdentity
	case d.WrongIdentity:
		return cloud.WrongIdentity
	case Unauthorized, Expired:
		return cloud.Unauthorized
	case Forbidden:
		return cloud.Forbidden
	default:
		return ""
	}
}
