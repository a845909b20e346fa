package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// level says what the namespace's labels enforce; admission says what that means for each profile.
func (e *Exam) level(ctx context.Context, r *Report) {
	const name = "Pod Security level"
	ns, err := e.Client.CoreV1().Namespaces().Get(ctx, e.Namespace, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		r.Add("namespace", Fail, fmt.Sprintf("kubectl img setup -n %s | kubectl apply -f -", e.Namespace), "%s does not exist", e.Namespace)
	case err != nil:
		r.Add(name, Unknown, "", "no right to get namespace %s; the next lines show its effect", e.Namespace)
	case ns.Labels[api.EnforceLevelLabel] == "":
		r.Add(name, OK, "", "namespace %s has no label; the API server's default counts", e.Namespace)
	default:
		r.enforced = api.Level(ns.Labels[api.EnforceLevelLabel])
		r.Add(name, OK, "", "namespace %s enforces %s", e.Namespace, r.enforced)
	}
}

// admission has the API server check the very pod of each profile, without storing it.
func (e *Exam) admission(ctx context.Context, r *Report, allowed bool) {
	refusals := make([]error, len(e.Candidates))
	for i, c := range e.Candidates {
		refusals[i] = e.admitted(ctx, c.Pod)
		// A build of the profile for level restricted does without a user namespace where there is none.
		if dropped := (*droppedError)(nil); errors.As(refusals[i], &dropped) && levelOf(c.Pod) == api.LevelRestricted {
			refusals[i] = nil
		}
		if refusals[i] == nil && allowed {
			r.Profiles = append(r.Profiles, c.Profile)
		}
	}
	stronger := false // a more isolated profile is admitted
	forRestricted := slices.ContainsFunc(e.Candidates, func(c Candidate) bool {
		return levelOf(c.Pod) == api.LevelRestricted && slices.Contains(r.Profiles, c.Profile)
	})
	for i, c := range e.Candidates {
		name := "profile " + c.Profile
		err := refusals[i]
		switch {
		case err == nil:
			r.Add(name, OK, "", "the API server admits its pod")
			stronger = true
		case forRestricted && levelRefused(err, api.LevelRestricted):
			r.Add(name, OK, "", "refused, as the namespace's level wants it; another profile is admitted: %v", err)
		case stronger:
			r.Add(name, OK, "", "refused, but a more isolated profile is admitted: %v", err)
		case anyNil(refusals):
			r.Add(name, Warn, e.admit(r, c, err), "refused: %v", err)
		default:
			r.Add(name, Fail, e.admit(r, c, err), "refused: %v", err)
		}
	}
}

// levelRefused tells whether Pod Security refused a pod for a level that the namespace enforces.
func levelRefused(err error, level api.Level) bool {
	return strings.Contains(err.Error(), `violates PodSecurity "`+string(level)+":")
}

func anyNil(errs []error) bool {
	for _, err := range errs {
		if err == nil {
			return true
		}
	}
	return false
}

// droppedError is isolation that the API server cleared without a word.
type droppedError struct{ field string }

func (e *droppedError) Error() string { return "the API server drops " + e.field }

func (e *Exam) admitted(ctx context.Context, pod *corev1.Pod) error {
	got, err := e.Client.CoreV1().Pods(e.Namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return err
	}
	if want := pod.Spec.HostUsers; want != nil && (got.Spec.HostUsers == nil || *got.Spec.HostUsers != *want) {
		return &droppedError{"hostUsers"}
	}
	if want := procMount(pod); want != nil && (procMount(got) == nil || *procMount(got) != *want) {
		return &droppedError{"procMount"}
	}
	return nil
}

// procMount is that of the first container: ours is the one.
func procMount(pod *corev1.Pod) *corev1.ProcMountType {
	if sc := pod.Spec.Containers[0].SecurityContext; sc != nil {
		return sc.ProcMount
	}
	return nil
}

// admit is what lets the profile in, where Pod Security keeps it out. A quota or a missing right has a line of its own.
func (e *Exam) admit(r *Report, c Candidate, err error) string {
	if dropped := (*droppedError)(nil); errors.As(err, &dropped) {
		return "kube-apiserver --feature-gates=UserNamespacesSupport=true,ProcMountType=true"
	}
	if !apierrors.IsForbidden(err) {
		return ""
	}
	level := levelOf(c.Pod)
	if r.enforced == "" || api.CompareLevels(level, r.enforced) >= 0 || level == api.LevelPrivileged {
		return "" // nobody is told to enforce nothing
	}
	return fmt.Sprintf("kubectl label namespace %s --overwrite %s=%s", e.Namespace, api.EnforceLevelLabel, level)
}
