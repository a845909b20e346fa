package e2e_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

const noUserNamespaces = "no user namespaces here"

// denyUserNamespaces makes an admission policy that denies pods with user namespaces in a namespace.
func denyUserNamespaces(t *testing.T, ns string) {
	t.Helper()
	policies := client.AdmissionregistrationV1().ValidatingAdmissionPolicies()
	bindings := client.AdmissionregistrationV1().ValidatingAdmissionPolicyBindings()
	_, err := policies.Create(t.Context(), &admissionv1.ValidatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Spec: admissionv1.ValidatingAdmissionPolicySpec{
			MatchConstraints: newPods(ns),
			Validations:      []admissionv1.Validation{{Expression: "!has(object.spec.hostUsers) || object.spec.hostUsers", Message: noUserNamespaces}},
		},
	}, metav1.CreateOptions{})
	if err == nil {
		_, err = bindings.Create(t.Context(), &admissionv1.ValidatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: ns},
			Spec:       admissionv1.ValidatingAdmissionPolicyBindingSpec{PolicyName: ns, ValidationActions: []admissionv1.ValidationAction{admissionv1.Deny}},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	deleteAtEnd(t, ns, bindings, policies)
	eventually(t, soon, "the policy is in effect", func() bool {
		_, err := tryPod(t, ns)
		return err != nil
	})
}

// deleteAtEnd deletes cluster-wide objects of one name at the end of the test.
func deleteAtEnd(t *testing.T, name string, kinds ...interface {
	Delete(ctx context.Context, name string, options metav1.DeleteOptions) error
},
) {
	t.Cleanup(func() {
		for _, kind := range kinds {
			_ = kind.Delete(context.WithoutCancel(t.Context()), name, metav1.DeleteOptions{})
		}
	})
}

// dropFields makes the API server remove fields from the pods of a namespace, as a disabled feature gate does.
func dropFields(t *testing.T, ns string, paths ...string) {
	t.Helper()
	var drops, has []string
	for _, path := range paths {
		drops = append(drops, fmt.Sprintf("JSONPatch{op: 'remove', path: '%s'}", path))
		has = append(has, "has(object"+strings.ReplaceAll(strings.ReplaceAll(path, "/0/", "[0]/"), "/", ".")+")")
	}
	changePods(t, ns, strings.Join(has, " && "), strings.Join(drops, ", "))
	asked, err := tryPod(t, "default")
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, soon, "the policy is in effect", func() bool {
		got, err := tryPod(t, ns)
		if err != nil { // the changed pod is invalid; Pod Security, which comes after the policy, denies the pod in any case
			return !strings.Contains(err.Error(), "violates PodSecurity")
		}
		return got.Spec.HostUsers == nil ||
			got.Spec.Containers[0].SecurityContext.ProcMount == nil || *got.Spec.Containers[0].SecurityContext.ProcMount != *asked.Spec.Containers[0].SecurityContext.ProcMount ||
			got.Spec.SecurityContext.SeccompProfile == nil
	})
}

// changePods makes the API server apply JSON patches to the pods of a namespace that meet a condition.
func changePods(t *testing.T, ns, condition, patches string) {
	t.Helper()
	policies := client.AdmissionregistrationV1().MutatingAdmissionPolicies()
	bindings := client.AdmissionregistrationV1().MutatingAdmissionPolicyBindings()
	_, err := policies.Create(t.Context(), &admissionv1.MutatingAdmissionPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: ns},
		Spec: admissionv1.MutatingAdmissionPolicySpec{
			MatchConstraints:   newPods(ns),
			MatchConditions:    []admissionv1.MatchCondition{{Name: "has", Expression: condition}},
			FailurePolicy:      ptr.To(admissionv1.Fail),
			ReinvocationPolicy: admissionv1.NeverReinvocationPolicy,
			Mutations: []admissionv1.Mutation{{
				PatchType: admissionv1.PatchTypeJSONPatch,
				JSONPatch: &admissionv1.JSONPatch{Expression: "[" + patches + "]"},
			}},
		},
	}, metav1.CreateOptions{})
	if err == nil {
		_, err = bindings.Create(t.Context(), &admissionv1.MutatingAdmissionPolicyBinding{
			ObjectMeta: metav1.ObjectMeta{Name: ns}, Spec: admissionv1.MutatingAdmissionPolicyBindingSpec{PolicyName: ns},
		}, metav1.CreateOptions{})
	}
	if err != nil {
		t.Fatal(err)
	}
	deleteAtEnd(t, ns, bindings, policies)
}

// tryPod is a dry run: it returns what the API server makes of a pod that uses every kind of isolation.
func tryPod(t *testing.T, ns string) (*corev1.Pod, error) {
	t.Helper()
	return client.CoreV1().Pods(ns).Create(t.Context(), &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "try-"},
		Spec: corev1.PodSpec{
			HostUsers: ptr.To(false),
			SecurityContext: &corev1.PodSecurityContext{
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeLocalhost, LocalhostProfile: ptr.To("x.json")},
			},
			Containers: []corev1.Container{{
				Name: "x", Image: "x", SecurityContext: &corev1.SecurityContext{ProcMount: ptr.To(corev1.UnmaskedProcMount)},
			}},
		},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
}

// newPods matches the creation of pods in a namespace.
func newPods(ns string) *admissionv1.MatchResources {
	return &admissionv1.MatchResources{
		NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelMetadataName: ns}},
		ResourceRules: []admissionv1.NamedRuleWithOperations{{RuleWithOperations: admissionv1.RuleWithOperations{
			Operations: []admissionv1.OperationType{admissionv1.Create},
			Rule:       admissionv1.Rule{APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"pods"}},
		}}},
	}
}
