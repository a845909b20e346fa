package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// operatorNamespace is the namespace of the Security Profiles Operator.
const operatorNamespace = "security-profiles-operator"

func typeClusters(t *testing.T, doc *page) {
	admin, jane := newReader(t, ""), newReader(t, "jane")
	t.Run("set up a namespace", func(t *testing.T) {
		if got := admin.types(t, doc.take(t, "--group team:web").text).succeeds(t).stdout; strings.Count(got, "\nkind: DaemonSet") != 1 {
			t.Errorf("not one DaemonSet in:\n%s", got)
		}
		admin.types(t, doc.take(t, "--profile unconfined |").text).succeeds(t)
		jane.types(t, "kubectl img build --profile unconfined -q -t registry.example.com/team/app:0 .").succeeds(t)
		admin.types(t, "kubectl img setup -n ci --user jane | kubectl apply -f -").succeeds(t)
	})
	t.Run("doctor", func(t *testing.T) {
		admin.types(t, `kubectl create role half -n ci --verb=create,get,list,watch,delete --resource=pods
			kubectl create role half-exec -n ci --verb=create --resource=pods/exec
			kubectl create rolebinding half -n ci --role=half --user=joe
			kubectl create rolebinding half-exec -n ci --role=half-exec --user=joe`).succeeds(t)
		commands, output := doc.take(t, "$ kubectl img doctor").session()
		checkOutput(t, output, newReader(t, "joe").types(t, strings.Join(commands, "\n")).stdout)
	})
	t.Run("the installer", func(t *testing.T) {
		admin.types(t, doc.take(t, "rollout status daemonset/seccomp").text).succeeds(t)
		admin.types(t, doc.take(t, "KUBECTL_IMG_APPARMOR_PROFILE").text).succeeds(t)
		admin.types(t, "[ \"$KUBECTL_IMG_APPARMOR_PROFILE\" = kubectl-img ]\nkubectl -n "+installers+" rollout status --timeout=90s daemonset/apparmor").succeeds(t)
	})
	t.Run("the operator", func(t *testing.T) { typeOperator(t, doc) })
	t.Run("by hand", func(t *testing.T) {
		file, before := keepProfileFile(t)
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		root := onNode(t)
		root.types(t, doc.take(t, "sudo install").text).succeeds(t)
		if !sameFile(file, before) {
			t.Errorf("%s is not the profile", file)
		}
		root.types(t, doc.take(t, "sudo apparmor_parser").text).succeeds(t)
		if got := read(t, filepath.Join(root.dir, "loaded")); got != "--replace kubectl-img\n" {
			t.Errorf("apparmor_parser was called with %q", got)
		}
	})
}

// onNode returns a reader who is root on a node, in a directory with deploy. The node's kernel has no AppArmor, and its parser is of
// version 3: it parses the profile without the rule of version 4, and loads nothing.
func onNode(t *testing.T) *reader {
	t.Helper()
	r, loaded := newReader(t, ""), t.TempDir()
	if err := os.Symlink(filepath.Join(root(t), "deploy"), filepath.Join(r.dir, "deploy")); err != nil {
		t.Fatal(err)
	}
	r.names = strings.NewReplacer("/etc/apparmor.d", loaded, "/var/lib/kubelet", filepath.Join(shared.Dir, "kubelet"))
	r.install(t, "apparmor_parser", `sed 's,<abi/4.0>,<abi/3.0>,; /^ *userns,$/d' "$2" | /usr/sbin/apparmor_parser --skip-kernel-load --skip-cache --skip-read-cache &&
echo "$1 $(basename "$2")" >>loaded
`)
	r.install(t, "sudo", `exec "$@"`)
	return r
}

// typeOperator applies the SeccompProfile to a cluster that has the operator's resource, and plays the part of the operator.
func typeOperator(t *testing.T, doc *page) {
	admin := newReader(t, "")
	removeAndWait(t, operatorNamespace)
	defer func() {
		admin.types(t, "kubectl delete crd seccompprofiles.security-profiles-operator.x-k8s.io").succeeds(t)
	}()
	admin.types(t, `kubectl create namespace `+operatorNamespace+`
kubectl apply -f - <<end
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: seccompprofiles.security-profiles-operator.x-k8s.io
spec:
  group: security-profiles-operator.x-k8s.io
  scope: Namespaced
  names: {kind: SeccompProfile, plural: seccompprofiles, singular: seccompprofile}
  versions:
    - name: v1beta1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
end
kubectl wait --for=condition=Established --timeout=30s crd/seccompprofiles.security-profiles-operator.x-k8s.io`).succeeds(t)
	apply, get, _ := strings.Cut(doc.take(t, "--profiles=operator").text, "\n")
	admin.types(t, apply).succeeds(t)
	const path = "operator/kubectl-img.json"
	admin.types(t, `kubectl patch seccompprofile kubectl-img -n `+operatorNamespace+` --type merge -p '{"status": {"localhostProfile": "`+path+`"}}'`).succeeds(t)
	if got := admin.types(t, get).succeeds(t).stdout; got != path {
		t.Errorf("the page's command prints %q, want %q", got, path)
	}
}
