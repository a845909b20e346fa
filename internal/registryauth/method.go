// Package registryauth decides which login a build uses for each registry, and writes what the engine reads about it.
package registryauth

// Method is a way to log in to a registry. Each cloud has further ones.
type Method string

// The methods of --auth that need no cloud.
const (
	auto   Method = "auto"   // chooses for each registry
	Local  Method = "local"  // the user's own Docker or Podman login
	Secret Method = "secret" // a Secret in the namespace
	none   Method = "none"   // anonymous
)
