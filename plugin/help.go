package plugin

import (
	"strings"

	"github.com/kubectl-img/kubectl-img/podspec"
)

const buildLong = `Build an image from a Dockerfile in a pod of its own, push it, and delete the pod.

PATH is the build context, a directory; - reads it as a tar archive from stdin. The digest, REPOSITORY@sha256:..., is
the only line on stdout. Every flag can be set in the environment: --build-arg is KUBECTL_IMG_BUILD_ARG, with one value
per line where a flag is repeatable; the flag wins.`

const buildExample = `  # Build the current directory and push it
  kubectl img build -t registry.example.com/team/app:1.2 .

  # Look at the pod first
  kubectl img build -t registry.example.com/team/app:1.2 --dry-run .

  # Build a stage for arm64, with a build argument, in another namespace
  kubectl img build -n ci -t registry.example.com/team/app --target runtime --platform linux/arm64 --build-arg VERSION=1.2 .

  # Keep the result here instead of pushing it
  kubectl img build -o type=oci,dest=app.tar .

  # Send a context that git packs
  git archive HEAD | kubectl img build -t registry.example.com/team/app -`

func profileNames() string {
	var names []string
	for _, p := range podspec.Profiles() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}
