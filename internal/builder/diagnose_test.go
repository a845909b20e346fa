package builder

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func TestDiagnose(t *testing.T) {
	noProfile := waiting("CreateContainerError", "cannot load seccomp profile")
	noProfile.Spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{LocalhostProfile: ptr.To("img.json")}}
	for name, c := range map[string]struct {
		pod          *corev1.Pod
		running      bool
		waiting      string
		err, hintHas string
	}{
		"no status yet":                        {pod: builderPod()},
		"container being created":              {pod: waiting("ContainerCreating", "")},
		"running":                              {pod: running(), running: true},
		"unschedulable":                        {pod: unschedulable(), waiting: "Unschedulable: 0/1 nodes are available"},
		"image not found":                      {pod: waiting("ErrImagePull", "not\nfound"), err: "start builder pod: ErrImagePull: not found", hintHas: "--image"},
		"image pull back-off":                  {pod: waiting("ImagePullBackOff", "x"), err: "ImagePullBackOff", hintHas: "reg/builder:1"},
		"invalid image name":                   {pod: waiting("InvalidImageName", "x"), err: "InvalidImageName", hintHas: "--image"},
		"container not created":                {pod: waiting("CreateContainerError", "x"), err: "CreateContainerError", hintHas: "--keep"},
		"seccomp profile missing":              {pod: noProfile, err: "CreateContainerError", hintHas: "img.json"},
		"secret of the template missing":       {pod: waiting("CreateContainerConfigError", "x"), err: "CreateContainerConfigError", hintHas: "--pod-template"},
		"out of memory":                        {pod: terminated(corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}), err: "out of memory (OOMKilled, limit none)", hintHas: "--limit memory"},
		"evicted":                              {pod: evicted(), err: "(Evicted): The node was low on ephemeral-storage", hintHas: "--request ephemeral-storage"},
		"deleted before the container started": {pod: deletedEarly(), err: "deleted by somebody else", hintHas: "kubectl img cancel"},
		"ended with an error":                  {pod: terminated(corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 3}), err: "Error (exit code 3)"},
	} {
		t.Run(name, func(t *testing.T) {
			got := diagnose(c.pod, container)
			if got.running != c.running || got.waiting != c.waiting {
				t.Errorf("running %v, waiting %q", got.running, got.waiting)
			}
			if (got.err == nil) != (c.err == "") || c.err != "" && !strings.Contains(got.err.Error(), c.err) {
				t.Fatalf("error %v, want %q", got.err, c.err)
			}
			if h, ok := got.err.(interface{ Hint() string }); ok && !strings.Contains(h.Hint(), c.hintHas) {
				t.Errorf("hint %q, want %q in it", h.Hint(), c.hintHas)
			}
		})
	}
}

func TestDeletedError(t *testing.T) {
	for name, c := range map[string]struct {
		conditions []corev1.PodCondition
		want       string
	}{
		"no reason": {want: "the builder pod was deleted by somebody else"},
		"by Kubernetes": {
			[]corev1.PodCondition{{
				Type: corev1.DisruptionTarget, Status: corev1.ConditionTrue, Reason: "DeletionByTaintManager", Message: "Taint manager:\ndeleting due to NoExecute taint",
			}},
			"the builder pod was deleted: DeletionByTaintManager: Taint manager: deleting due to NoExecute taint",
		},
	} {
		t.Run(name, func(t *testing.T) {
			pod := builderPod()
			pod.Status.Conditions = c.conditions
			if err := deletionOf(pod); err.Error() != c.want || err.Hint() == "" {
				t.Errorf("%v, hint %q; want %q", err, err.Hint(), c.want)
			}
		})
	}
}
