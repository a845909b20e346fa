package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// keep writes everything about a run with violations to a new directory, which it returns.
func (r *run) keep(ctx context.Context, rep report) string {
	dir, err := os.MkdirTemp("", fmt.Sprintf("chaos-seed-%d-", r.seed))
	if err != nil {
		return err.Error()
	}
	files := map[string]string{
		"report": rep.String() + "\n", "stdout": rep.stdout, "stderr": rep.stderr,
		"command": strings.Join(append([]string{r.program}, r.args...), " ") + "\n",
	}
	pods, err := r.Client.CoreV1().Pods(r.ns).List(ctx, metav1.ListOptions{})
	if err != nil {
		files["pods"] = err.Error()
	} else {
		for _, pod := range pods.Items {
			files[pod.Name+".log"] = r.podLog(ctx, pod.Name)
			text, err := yaml.Marshal(pod)
			files[pod.Name+".yaml"] = fmt.Sprintf("%s\n%v", text, err)
		}
	}
	for name, text := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	}
	if err != nil {
		return err.Error()
	}
	return dir
}

func (r *run) podLog(ctx context.Context, name string) string {
	log, err := r.Client.CoreV1().Pods(r.ns).GetLogs(name, &corev1.PodLogOptions{}).DoRaw(ctx)
	if err != nil {
		return err.Error()
	}
	return string(log)
}
