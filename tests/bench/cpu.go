package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// podUID returns the UID of a pod that is there.
func (b *bench) podUID(ctx context.Context, name string) (types.UID, error) {
	pod, err := b.Client.CoreV1().Pods(b.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", err
	}
	return pod.UID, nil
}

// podUsage returns the processor time, in seconds, that the processes of a pod have taken. The node of the test cluster is this machine.
func podUsage(pod types.UID) (float64, error) {
	for _, source := range []struct {
		file    string
		figure  *regexp.Regexp
		seconds float64 // of its unit
	}{
		{"cpu.stat", regexp.MustCompile(`(?m)^usage_usec (\d+)$`), 1e-6}, // cgroup v2, if it counts
		{"cpuacct.usage", regexp.MustCompile(`(?m)^(\d+)$`), 1e-9},       // cgroup v1
	} {
		for _, root := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/cpuacct"} {
			files, _ := filepath.Glob(filepath.Join(root, "*", "kubepods", "*", "pod"+string(pod), source.file))
			for _, file := range files {
				text, _ := os.ReadFile(file)
				if match := source.figure.FindSubmatch(text); match != nil {
					count, err := strconv.ParseFloat(string(match[1]), 64)
					return count * source.seconds, err
				}
			}
		}
	}
	return 0, fmt.Errorf("the pod with the UID %s has no cgroup that counts processor time", pod)
}

// ticks is the number of clock ticks per second in /proc, which is the same on every architecture.
const ticks = 100

// processUsage returns the processor time, in seconds, that a running process has taken; see proc_pid_stat(5).
func processUsage(pid int) (float64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // the name before it can have spaces
	fields := strings.Fields(rest)
	if len(fields) < 13 {
		return 0, errors.New("/proc/PID/stat is too short")
	}
	user, err := strconv.ParseFloat(fields[11], 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseFloat(fields[12], 64)
	return (user + system) / ticks, err
}
