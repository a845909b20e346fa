package e2e_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

// The levels of Pod Security.
const (
	privileged = clustertest.Privileged
	baseline   = clustertest.Baseline
	restricted = clustertest.Restricted
)

// namespace makes a namespace that enforces a level of Pod Security. At the end of the test, no builder pod may be left in it.
func namespace(t *testing.T, level string) string {
	t.Helper()
	ns := clustertest.Namespace(t, client, "e2e-", level)
	clustertest.ExpectNoBuilders(t, client, ns, 15*time.Second)
	return ns
}

// podNames are the names of the builder pods in a namespace, in any state.
func podNames(t *testing.T, ns string) []string {
	t.Helper()
	var names []string
	for _, pod := range builders(t, ns) {
		names = append(names, pod.Name)
	}
	return names
}

func builders(t *testing.T, ns string) []corev1.Pod {
	t.Helper()
	pods, err := clustertest.Builders(t.Context(), client, ns)
	if err != nil {
		t.Fatal(err)
	}
	return pods
}

// onlyPod is the only builder pod in a namespace.
func onlyPod(t *testing.T, ns string) *corev1.Pod {
	t.Helper()
	pods := builders(t, ns)
	if len(pods) != 1 {
		t.Fatalf("%d builder pods, want one", len(pods))
	}
	return &pods[0]
}

// deletePod deletes a pod that the plugin has left on purpose.
func deletePod(t *testing.T, pod *corev1.Pod) {
	t.Helper()
	clustertest.DeletePod(t, client, pod)
}

// removeNamespace deletes, at the end of the test, a namespace that the test does not make itself.
func removeNamespace(t *testing.T, name string) {
	t.Helper()
	t.Cleanup(func() {
		ctx := context.WithoutCancel(t.Context())
		if err := client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			t.Error(err)
		}
	})
}

// removeAndWait deletes a namespace now and at the end of the test, and waits until it and its pods are gone: their end changes the node.
func removeAndWait(t *testing.T, name string) {
	t.Helper()
	remove := func() {
		ctx := context.WithoutCancel(t.Context())
		eventually(t, 90*time.Second, "namespace "+name+" is gone", func() bool {
			return apierrors.IsNotFound(client.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{}))
		})
	}
	remove()
	t.Cleanup(remove)
}

// grant gives a user rights in a namespace.
func grant(t *testing.T, ns, user string, rules ...rbacv1.PolicyRule) {
	t.Helper()
	name := metav1.ObjectMeta{Name: user}
	if _, err := client.RbacV1().Roles(ns).Create(t.Context(), &rbacv1.Role{ObjectMeta: name, Rules: rules}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.RbacV1().RoleBindings(ns).Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: user},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: user}},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// shellOut runs a command line of the documentation, with the plugin on PATH, and returns its output.
func shellOut(t *testing.T, line string) string {
	t.Helper()
	c := call{
		program: "/bin/sh", args: []string{"-c", line},
		env: []string{"PATH=" + bin + ":" + shared.Bin + ":" + os.Getenv("PATH")},
	}
	return c.run(t).succeeds(t).stdout
}

// withToken runs a call as a service account: the kubeconfig has only its token.
func withToken(t *testing.T, c call, ns, account string) call {
	t.Helper()
	token, err := client.CoreV1().ServiceAccounts(ns).CreateToken(t.Context(), account, &authenticationv1.TokenRequest{}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	write(t, path, clustertest.Kubeconfig(t, shared, func(config *clientcmdapi.Config) {
		for _, user := range config.AuthInfos {
			*user = clientcmdapi.AuthInfo{Token: token.Status.Token}
		}
	}))
	c.env = append(c.env, "KUBECONFIG="+path)
	return c
}
