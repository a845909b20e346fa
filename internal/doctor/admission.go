package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"

	"github.com/kubectl-img/kubectl-img/internal/podlimits"
	"github.com/kubectl-img/kubectl-img/internal/podsecurity"
	"github.com/kubectl-img/kubectl-img/podspec"
)

// level reports the level that the namespace's labels enforce, and returns it; it is empty if unknown. admission reports what the level
// means for each profile.
func (e *Exam) level(ctx context.Context, r *Report) (enforced api.Level) {
	const name = "Pod Security level"
	ns, err := e.Client.CoreV1().Namespaces().Get(ctx, e.Namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		r.Add("namespace", Fail, fmt.Sprintf("kubectl img setup -n %s | kubectl apply -f -", e.Namespace), "%s does not exist", e.Namespace)
	case err != nil:
		r.Add(name, Unknown, "", "no right to get namespace %s; the next lines show its effect", e.Namespace)
	case ns.Labels[api.EnforceLevelLabel] == "":
		r.Add(name, OK, "", "namespace %s has no label; the API server's default applies", e.Namespace)
	default:
		enforced = api.Level(ns.Labels[api.EnforceLevelLabel])
		r.Add(name, OK, "", "namespace %s enforces %s", e.Namespace, enforced)
	}
	return enforced
}

// admission sends the pod of each profile to the API server as a dry run. mayBuild tells whether the user has the rights for a build, and
// enforced is the result of level.
func (e *Exam) admission(ctx context.Context, r *Report, mayBuild bool, enforced api.Level) {
	refusals := make([]error, len(e.Candidates))
	for i, c := range e.Candidates {
		refusals[i] = e.dryRun(ctx, c)
		if refusals[i] == nil && mayBuild {
			r.Profiles = append(r.Profiles, c.Profile)
		}
	}
	restrictedWorks := slices.ContainsFunc(e.Candidates, func(c ProfilePod) bool {
		return c.restricted() && slices.Contains(r.Profiles, c.Profile)
	})
	strongerAdmitted := false
	for i, c := range e.Candidates {
		name, err := "profile "+c.Profile, refusals[i]
		switch {
		case err == nil:
			r.Add(name, OK, "", "the API server admits its pod%s", c.needsNothing())
			strongerAdmitted = true
		case restrictedWorks && violates(err, api.LevelRestricted):
			r.Add(name, OK, "", "refused for the namespace's level; another profile is admitted: %v", err)
		case strongerAdmitted:
			r.Add(name, OK, "", "refused, but a more isolated profile is admitted: %v", err)
		case slices.Contains(refusals, nil):
			r.Add(name, Warn, e.admissionMend(c, err, enforced), "refused: %v", err)
		default:
			r.Add(name, Fail, e.admissionMend(c, err, enforced), "refused: %v", err)
		}
	}
}

// needsNothing says so of a profile for which nothing has to be installed, and that filters system calls all the same.
func (c ProfilePod) needsNothing() string {
	if !podspec.Profile(c.Profile).SeparatesSteps() {
		return ""
	}
	return "; nothing to install on the nodes"
}

// restricted reports whether level restricted admits the candidate's pod.
func (c ProfilePod) restricted() bool {
	return podsecurity.StrictestLevel(c.Pod) == api.LevelRestricted
}

func violates(err error, level api.Level) bool {
	violated, ok := podsecurity.ViolatedLevel(err.Error())
	return ok && violated.Level == level
}

// droppedError is a field that the API server drops because a feature gate is off.
type droppedError struct{ *podsecurity.WeakenedError }

func (e *droppedError) Error() string { return "the API server drops " + e.Name() }

// dryRun returns why the API server would not store the candidate's pod as it is.
func (e *Exam) dryRun(ctx context.Context, c ProfilePod) error {
	containers := podspec.Ours(c.Pod)
	var stored *corev1.Pod
	_, err := podlimits.Fit(c.Pod, containers, e.adjustable(c.Pod), func(pod *corev1.Pod) (err error) {
		stored, err = e.Client.CoreV1().Pods(e.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		return err
	})
	if err != nil {
		return err
	}
	weakened := podsecurity.Compare(c.Pod, stored, containers)
	switch {
	case weakened == nil:
		return nil
	case weakened.UserNamespace() && podspec.Profile(c.Profile).UserNamespaceOptional():
		return nil // that profile also builds without a user namespace
	case weakened.FeatureGate():
		return &droppedError{weakened}
	default:
		return weakened
	}
}

// admissionMend returns what makes the API server admit the candidate, as far as that is a matter of Pod Security or a feature gate.
// Quotas and rights have lines of their own.
func (e *Exam) admissionMend(c ProfilePod, err error, enforced api.Level) string {
	if dropped := (*droppedError)(nil); errors.As(err, &dropped) {
		return "kube-apiserver --feature-gates=UserNamespacesSupport=true,ProcMountType=true"
	}
	if weakened := (*podsecurity.WeakenedError)(nil); errors.As(err, &weakened) {
		return weakened.Hint()
	}
	if !apierrors.IsForbidden(err) {
		return ""
	}
	if podsecurity.OlderBaseline(err.Error()) {
		return podsecurity.HintOlderBaseline
	}
	level := podsecurity.StrictestLevel(c.Pod)
	if enforced == "" || api.CompareLevels(level, enforced) >= 0 || level == api.LevelPrivileged {
		return "" // doctor never proposes to enforce nothing
	}
	return fmt.Sprintf("kubectl label namespace %s --overwrite %s=%s", e.Namespace, api.EnforceLevelLabel, level)
}
