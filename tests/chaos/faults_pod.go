package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// podKinds are faults of the builder pod.
func podKinds() []kind {
	return []kind{
		{"pod deleted", 2, deleted(-1)},
		{"pod deleted at once", 2, deleted(0)},
		{"pod evicted by API", 2, evicted},
		{"pod past its deadline", 2, deadline},
		{"pod out of memory", 1, outOfMemory},
		{"pod out of disk", 1, outOfDisk},
	}
}

// inPod is any moment at which the pod exists.
func inPod(r *rand.Rand) moment {
	return within(r, pick(r, atPod, atContext, atContext, atRun, atRun, atPush))
}

var podGone = []string{"deleted", "evict", "was removed", "is gone"}

func deleted(seconds int64) func(*rand.Rand) fault {
	return func(r *rand.Rand) fault {
		return fault{
			what: fmt.Sprintf("delete with a grace period of %d s (-1: the pod's own)", seconds), when: inPod(r),
			want: want{words: podGone, codes: []int{1}},
			disturb: func(ctx context.Context, run *run) error {
				options := metav1.DeleteOptions{}
				if seconds >= 0 {
					options.GracePeriodSeconds = &seconds
				}
				return notFoundIsFine(run.Client.CoreV1().Pods(run.ns).Delete(ctx, podName, options))
			},
		}
	}
}

func evicted(r *rand.Rand) fault {
	return fault{
		what: "eviction through the API", when: inPod(r), want: want{words: podGone, codes: []int{75}},
		disturb: func(ctx context.Context, run *run) error {
			return notFoundIsFine(run.Client.CoreV1().Pods(run.ns).EvictV1(ctx, &policyv1.Eviction{ObjectMeta: metav1.ObjectMeta{Name: podName, Namespace: run.ns}}))
		},
	}
}

// deadline shortens the pod's deadline, which is one of the few fields that can be changed.
func deadline(r *rand.Rand) fault {
	return fault{
		what: "activeDeadlineSeconds lowered to 1", when: inPod(r),
		want: want{words: []string{"deadline", "time limit", "timed out"}, codes: []int{1, 124}},
		disturb: func(ctx context.Context, run *run) error {
			_, err := run.Client.CoreV1().Pods(run.ns).Patch(ctx, podName, types.MergePatchType,
				[]byte(`{"spec":{"activeDeadlineSeconds":1}}`), metav1.PatchOptions{})
			return notFoundIsFine(err)
		},
	}
}

func outOfMemory(*rand.Rand) fault {
	return fault{
		what: "a step takes more memory than the limit",
		set: func(r *run) error {
			r.extra = "RUN tail /dev/zero"
			r.args = append(r.args, "--limit", "memory=100Mi")
			return nil
		},
		// The kernel kills the step or the whole builder.
		want: want{outcome: fails, codes: []int{1, 3}, words: []string{"OOMKilled", "tail /dev/zero"}},
	}
}

func outOfDisk(*rand.Rand) fault {
	return fault{
		what: "a step takes more disk than the limit",
		set: func(r *run) error {
			r.extra = "RUN dd if=/dev/zero of=/zeros bs=1048576 count=200; sleep 150"
			r.args = append(r.args, "--limit", "ephemeral-storage=60Mi", "--request", "ephemeral-storage=60Mi")
			return nil
		},
		want: want{outcome: fails, codes: []int{1}, words: []string{"Evicted"}, within: 180 * time.Second},
	}
}

// notFoundIsFine accepts that the build ended before the fault.
func notFoundIsFine(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
