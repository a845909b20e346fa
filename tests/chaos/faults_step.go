package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// stock is the profile whose build steps run in containers of their own.
const stock = "stock"

// stepKinds are faults of the container in which build steps run.
func stepKinds() []kind {
	return []kind{{"step container killed", 2, stepKilled}}
}

// stepKilled kills the container's first process. A build that has no step left, or has not looked at the container yet, survives that.
func stepKilled(r *rand.Rand) fault {
	return fault{
		what: "SIGKILL for the process 1 of the container of build steps", when: inPod(r),
		want: want{words: []string{"the container of the build steps ended", "in a container of their own"}, codes: []int{1, 3}},
		disturb: func(ctx context.Context, run *run) error {
			pod, err := run.Client.CoreV1().Pods(run.ns).Get(ctx, podName, metav1.GetOptions{})
			if err != nil {
				return notFoundIsFine(err)
			}
			pid := agent(string(pod.UID))
			if pid == 0 { // it has ended with the pod, or not started yet
				return nil
			}
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
			return nil
		},
	}
}

// agent returns the process 1 of a pod's container for build steps, which runs on this machine, or 0.
func agent(uid string) int {
	entries, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return 0
	}
	for _, entry := range entries {
		command, err := os.ReadFile(entry)
		if err != nil || !strings.HasPrefix(string(command), "img\x00slot\x00") {
			continue
		}
		if group, err := os.ReadFile(filepath.Join(filepath.Dir(entry), "cgroup")); err == nil && strings.Contains(string(group), uid) {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(entry)))
			return pid
		}
	}
	return 0
}
