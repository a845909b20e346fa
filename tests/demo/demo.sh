#!/bin/sh
# Shows a build from start to end: starts a real Kubernetes, builds an image in an unprivileged pod with kubectl img, pushes, pulls and runs it.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

title() { printf '\n== %s\n' "$*"; }
show() {
	printf '$ %s\n' "$*"
	"$@"
}

title "A Kubernetes with one node (the first start compiles it and takes a quarter of an hour, later ones take seconds)"
(cd tests && go build -o "$work/cluster" ./cluster/cmd/cluster)
(cd tests && "$work/cluster" up)
eval "$("$work/cluster" env)"
registry=$KUBECTL_IMG_TESTS_REGISTRY
PATH=$root/bin:$PATH
show kubectl get nodes

title "kubectl finds the plugin on PATH"
show kubectl plugin list
show kubectl img version

title "A namespace that does not allow privileged pods"
kubectl create namespace demo --dry-run=client -o yaml | kubectl apply -f - >/dev/null
show kubectl label --overwrite namespace demo pod-security.kubernetes.io/enforce=baseline

title "The build context: this repository with vendored dependencies, so that the build needs no network"
mkdir "$work/context"
# The files that are committed or not ignored: a checkout with changes has the same files as a clean one.
git ls-files -z --cached --others --exclude-standard |
	tar -c --null --ignore-failed-read --warning=no-failed-read -T - | tar -x -C "$work/context"
(cd "$work/context" && go mod vendor)

title "Build: a pod in a user namespace gets the context over exec, and pushes the image to a registry with TLS"
digest=$(
	set -x
	kubectl img build --namespace demo --profile userns \
		-t "$registry/kubectl-img:demo" \
		--build-arg "GO_IMAGE=$registry/golang:1.26" --build-arg "VERSION=$(git describe --always --dirty)" --build-arg "COMMIT=$(git rev-parse --short HEAD)" \
		--metadata-file "$work/metadata.json" "$work/context"
)
printf '%s\n' "$digest"
cat "$work/metadata.json"

title "No pod is left"
kubectl wait --namespace demo --for=delete pod --selector app.kubernetes.io/managed-by=kubectl-img --timeout 30s >/dev/null
show kubectl get pods --namespace demo --selector app.kubernetes.io/managed-by=kubectl-img

title "Pull it back and run it"
kubectl delete pod --namespace demo --ignore-not-found --wait plugin >/dev/null
show kubectl run plugin --namespace demo --image "$digest" --restart Never -- version
kubectl wait --namespace demo --timeout 60s --for=jsonpath='{.status.phase}'=Succeeded pod/plugin >/dev/null
show kubectl logs --namespace demo plugin
kubectl delete pod --namespace demo --wait=false plugin >/dev/null

title "Done. The cluster is still up"
cat <<END
Try it:      eval "\$(cd tests && go run ./cluster/cmd/cluster env)"; PATH=$root/bin:\$PATH
             kubectl img build -t $registry/hello:1 PATH
Clean up:    make clean
END
