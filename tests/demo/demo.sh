#!/bin/sh
# The main job, from nothing: a real Kubernetes, an image built in an unprivileged pod by kubectl img, pushed, pulled and run.
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

title "A Kubernetes of one node (the first start compiles it, a quarter of an hour; later ones take seconds)"
(cd tests && go build -o "$work/cluster" ./cluster/cmd/cluster)
(cd tests && "$work/cluster" up)
eval "$("$work/cluster" env)"
registry=$KUBECTL_IMG_TESTS_REGISTRY
PATH=$root/bin:$PATH
show kubectl get nodes

title "kubectl finds the plugin on PATH"
show kubectl plugin list
show kubectl img version

title "A namespace that refuses privileged pods"
kubectl create namespace demo --dry-run=client -o yaml | kubectl apply -f - >/dev/null
show kubectl label --overwrite namespace demo pod-security.kubernetes.io/enforce=baseline

title "The build context: this repository, with its dependencies vendored so that the build needs no network"
mkdir "$work/context"
# What is committed or would be: the context is the same on a clean checkout and on one being worked on.
git ls-files -z --cached --others --exclude-standard |
	tar -c --null --ignore-failed-read --warning=no-failed-read -T - | tar -x -C "$work/context"
(cd "$work/context" && go mod vendor)

title "Build it: a pod in a user namespace of its own, the context over exec, the image to a TLS registry"
digest=$(
	set -x
	kubectl img build --namespace demo --profile userns \
		-t "$registry/kubectl-img:demo" \
		--build-arg "GO_IMAGE=$registry/golang:1.26" --build-arg "VERSION=$(git describe --always --dirty)" --build-arg "COMMIT=$(git rev-parse --short HEAD)" \
		--metadata-file "$work/metadata.json" "$work/context"
)
printf '%s\n' "$digest"
cat "$work/metadata.json"

title "Nothing is left behind"
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
