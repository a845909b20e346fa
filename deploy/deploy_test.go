package deploy_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-img/kubectl-img/deploy"
)

var update = flag.Bool("update", false, "rewrite the golden manifests in testdata")

// hostile is a user name that would end a YAML string.
const hostile = "x\"\n  - kind: User\n    name: 'admin"

func TestGoldenManifests(t *testing.T) {
	for name, builds := range map[string]deploy.BuildNamespace{
		"pipeline": {
			Namespace: "ci", Profile: "userns", Level: "baseline", ServiceAccounts: []string{"kubectl-img"},
			Subjects: []deploy.Subject{{Kind: "ServiceAccount", Name: "kubectl-img", Namespace: "ci"}},
		},
		"google": {
			Namespace: "ci", Profile: "unconfined", Level: "privileged", ServiceAccounts: []string{"builder"},
			Subjects: []deploy.Subject{{Kind: "User", Name: hostile}, {Kind: "Group", Name: "team: web"}},
			Google: &deploy.Google{
				Project: "my-project", Account: "builder", Namespace: "ci", Registry: "europe-west1-docker.pkg.dev/shared/images",
				Location: "europe-west1", Repository: "images", RegistryProject: "shared",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := builds.Write(&out); err != nil {
				t.Fatal(err)
			}
			golden(t, name+".yaml", out.Bytes())
			objects := decode(t, out.Bytes())
			if got := objects["RoleBinding"].(*rbacv1.RoleBinding).Subjects; len(got) != len(builds.Subjects) || got[0].Name != builds.Subjects[0].Name {
				t.Errorf("subjects %q", got)
			}
		})
	}
}

// TestSeccompInstaller checks that the installer's pod can write the profile into the kubelet's directory and has no other privilege.
func TestSeccompInstaller(t *testing.T) {
	var out bytes.Buffer
	if err := (deploy.NodeProfiles{Image: "registry/builder:1", KubeletDir: "/var/lib/k0s/kubelet"}).Write(&out); err != nil {
		t.Fatal(err)
	}
	objects := decode(t, out.Bytes())
	want, err := os.ReadFile(filepath.Join("seccomp", "kubectl-img.json"))
	if err != nil {
		t.Fatal(err)
	}
	if got := objects["ConfigMap"].(*corev1.ConfigMap).Data["kubectl-img.json"]; got != string(want) {
		t.Errorf("the profile differs from this repository's (-want +got):\n%s", cmp.Diff(string(want), got))
	}
	pod := objects["DaemonSet"].(*appsv1.DaemonSet).Spec.Template.Spec
	c := pod.Containers[0]
	if sc := c.SecurityContext; *sc.AllowPrivilegeEscalation || !*sc.ReadOnlyRootFilesystem || len(sc.Capabilities.Add) > 0 || sc.Capabilities.Drop[0] != "ALL" {
		t.Errorf("security context %+v", sc)
	}
	if *pod.AutomountServiceAccountToken || pod.HostNetwork || pod.HostPID || len(pod.Containers) != 1 {
		t.Error("the pod has more access to the node or the API than it needs")
	}
	var paths []string
	for _, v := range pod.Volumes {
		if v.HostPath != nil {
			paths = append(paths, v.HostPath.Path)
		}
	}
	if diff := cmp.Diff([]string{"/var/lib/k0s/kubelet/seccomp"}, paths); diff != "" {
		t.Errorf("host paths (-want +got):\n%s", diff)
	}
}

// TestOperatorProfile compares the SeccompProfile for the Security Profiles Operator with the file for the kubelet.
func TestOperatorProfile(t *testing.T) {
	var out bytes.Buffer
	if err := (deploy.NodeProfiles{Operator: true}).Write(&out); err != nil {
		t.Fatal(err)
	}
	var resource struct {
		Kind string
		Spec map[string]any
	}
	if err := yaml.Unmarshal(out.Bytes(), &resource); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(filepath.Join("seccomp", "kubectl-img.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := yaml.Unmarshal(file, &want); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, resource.Spec); diff != "" || resource.Kind != "SeccompProfile" {
		t.Errorf("kind %s, spec (-want +got):\n%s", resource.Kind, diff)
	}
}

// TestAppArmorNamespace checks that the installers' namespace is printed once in each combination.
func TestAppArmorNamespace(t *testing.T) {
	for _, operator := range []bool{true, false} {
		var out bytes.Buffer
		if err := (deploy.NodeProfiles{AppArmor: true, Operator: operator, KubeletDir: deploy.KubeletDir}).Write(&out); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out.String(), "kind: Namespace\n"); n != 1 {
			t.Errorf("operator %v: %d namespaces", operator, n)
		}
	}
}

// TestInstallersPriority checks that the installers' pods have a priority class which pressure on a node spares, and that the namespace has the quota
// without which some clusters do not admit the class.
func TestInstallersPriority(t *testing.T) {
	for _, appArmor := range []bool{true, false} { // decode returns the last DaemonSet
		var out bytes.Buffer
		if err := (deploy.NodeProfiles{AppArmor: appArmor, KubeletDir: deploy.KubeletDir}).Write(&out); err != nil {
			t.Fatal(err)
		}
		objects := decode(t, out.Bytes())
		class := objects["DaemonSet"].(*appsv1.DaemonSet).Spec.Template.Spec.PriorityClassName
		scope := objects["ResourceQuota"].(*corev1.ResourceQuota).Spec.ScopeSelector.MatchExpressions[0]
		if class != "system-node-critical" || scope.ScopeName != corev1.ResourceQuotaScopePriorityClass || !slices.Equal(scope.Values, []string{class}) {
			t.Errorf("AppArmor %v: priority class %q, quota for %v", appArmor, class, scope)
		}
	}
}

// decode decodes every document strictly, as the API server does. The keys of the result are kinds.
func decode(t *testing.T, manifests []byte) map[string]any {
	t.Helper()
	objects := map[string]any{}
	for _, doc := range regexp.MustCompile("(?m)^---$").Split(string(manifests), -1)[1:] { // comments come before the first document
		var kind struct{ Kind string }
		if err := yaml.Unmarshal([]byte(doc), &kind); err != nil {
			t.Fatal(err)
		}
		object := map[string]any{
			"Namespace": &corev1.Namespace{}, "ServiceAccount": &corev1.ServiceAccount{}, "ConfigMap": &corev1.ConfigMap{},
			"Role": &rbacv1.Role{}, "RoleBinding": &rbacv1.RoleBinding{}, "DaemonSet": &appsv1.DaemonSet{},
			"ResourceQuota": &corev1.ResourceQuota{},
		}[kind.Kind]
		if object == nil {
			t.Fatalf("kind %q in\n%s", kind.Kind, doc)
		}
		if err := yaml.UnmarshalStrict([]byte(doc), object); err != nil {
			t.Fatalf("%v in\n%s", err, doc)
		}
		objects[kind.Kind] = object
	}
	return objects
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got; -update rewrites it):\n%s", path, diff)
	}
}
