package main

import (
	"context"
	_ "embed"
	"encoding/json"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	corev1 "k8s.io/api/core/v1"
)

//go:embed kaniko.sh
var kanikoScript string

// publishKaniko makes kaniko's image from its executor as kaniko's own Dockerfile does, with the cluster's certificates.
func (b *bench) publishKaniko(ctx context.Context) (string, error) {
	executor, err := b.peer(ctx, "kaniko", "executor")
	if err != nil {
		return "", err
	}
	return b.publish(ctx, peerImage{
		name:  "bench/kaniko:1",
		files: map[string]string{"kaniko/executor": executor, "kaniko/ssl/certs/ca-certificates.crt": b.CABundle},
		config: v1.Config{
			Entrypoint: []string{"/kaniko/executor"}, WorkingDir: "/workspace",
			Env: []string{"HOME=/root", "USER=root", "PATH=/usr/local/bin:/kaniko", "SSL_CERT_DIR=/kaniko/ssl/certs", "DOCKER_CONFIG=/kaniko/.docker/"},
		},
	})
}

// buildByKaniko runs kaniko as its documentation does for a context on stdin: as root, in a pod without security settings.
func (b *bench) buildByKaniko(ctx context.Context, image, dir, reference string) error {
	pod := corev1.Pod{Spec: corev1.PodSpec{Containers: []corev1.Container{{
		Name: "kaniko", Image: image, Stdin: true, StdinOnce: true,
		Args: []string{"--dockerfile=Dockerfile", "--context=tar://stdin", "--destination=" + reference},
	}}}}
	pod.APIVersion = "v1"
	overrides, err := json.Marshal(pod)
	if err != nil {
		return err
	}
	return b.script(ctx, kanikoScript, []string{"NAMESPACE=" + b.namespace}, dir, image, string(overrides))
}
