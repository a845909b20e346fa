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

// handPod writes the pod of a build by hand and returns its file. The pod has the image and the security settings of the plugin's builder pod, and
// sleeps: kubectl exec does the work.
func (b *bench) handPod(ctx context.Context) (string, error) {
	text, err := b.kubectl(ctx, "img", "build", "--dry-run=json", "--push=false", "--name=hand", "-n", b.namespace, b.smallContext())
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

func (b *bench) buildByHand(ctx context.Context, pod, reference string) error {
	cmd := b.command(ctx, "sh", "-c", hand, "hand.sh", pod, b.smallContext(), reference)
	cmd.Env = append(cmd.Env, "NAMESPACE="+b.namespace, "CONTEXT="+podContext, "STATE="+podState)
	return run(cmd)
}
