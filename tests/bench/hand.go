package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
)

//go:embed hand.sh
var hand string

// handPod writes a pod that sleeps, since kubectl exec does the work, and returns its file. Otherwise the pod is that of the plugin with these
// flags.
func (b *bench) handPod(ctx context.Context, flags ...string) (string, error) {
	args := append([]string{"img", "build", "--dry-run=json", "--push=false", "--name=hand", "-n", b.namespace, b.smallContext()}, flags...)
	text, err := b.kubectl(ctx, args...)
	if err != nil {
		return "", err
	}
	var pod corev1.Pod
	if err := json.Unmarshal([]byte(text), &pod); err != nil {
		return "", err
	}
	builder := &pod.Spec.Containers[0]
	builder.Command = []string{"sleep", "3600"}
	for i := range builder.Env {
		if builder.Env[i].Name == "XDG_RUNTIME_DIR" {
			builder.Env[i].Value = "/tmp" // the supervisor makes the plugin's directory
		}
	}
	data, err := json.Marshal(pod)
	if err != nil {
		return "", err
	}
	file := filepath.Join(b.Temp, "hand.json")
	return file, os.WriteFile(file, data, 0o600)
}

// buildByHand builds with the engine of older builder images.
func (b *bench) buildByHand(ctx context.Context, pod, reference string) error {
	cmd := b.command(ctx, "sh", "-c", hand, "hand.sh", pod, b.smallContext(), reference)
	cmd.Env = append(cmd.Env, "NAMESPACE="+b.namespace, "CONTEXT="+podContext, "STATE="+podState)
	return run(cmd)
}
