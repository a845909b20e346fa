package registryauth

import (
	"github.com/kubectl-img/kubectl-img/internal/registryauth/cloud"
	"github.com/kubectl-img/kubectl-img/internal/registryauth/google"
)

// clouds returns the clouds whose registries accept the identity of a pod. A further cloud needs a line here.
func clouds() []cloud.Cloud {
	return []cloud.Cloud{
		google.Google{},
	}
}

// LoginScripts returns the clouds' parts of the supervisor.
func LoginScripts() []string {
	var scripts []string
	for _, c := range clouds() {
		scripts = append(scripts, c.Description().Script)
	}
	return scripts
}

// anyHelper is the method that auto chooses for a cloud's registries. Users can't name it.
func anyHelper(c cloud.Cloud) Method { return Method(c.Description().Name) }

// cloudServing returns the cloud that the registry at host belongs to.
func cloudServing(host string) (cloud.Cloud, bool) {
	for _, c := range clouds() {
		if c.Serves(host) {
			return c, true
		}
	}
	return nil, false
}

// cloudOf returns the cloud of a method, and the program that asks for the login. The program is empty for any helper of the cloud.
func cloudOf(m Method) (c cloud.Cloud, program string, ok bool) {
	for _, c := range clouds() {
		if m == anyHelper(c) {
			return c, "", true
		}
		for _, method := range c.Description().Methods {
			if m == Method(method.Name) {
				return c, method.Program, true
			}
		}
	}
	return nil, "", false
}
