package e2e_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// withHelper gives a run a Docker configuration with a credential helper, which has a login (user and password) for each registry.
func (c call) withHelper(t *testing.T, logins map[string][2]string) call {
	t.Helper()
	dir := t.TempDir()
	helpers, script := map[string]string{}, "#!/bin/sh\nread -r host\ncase $host in\n"
	for host, login := range logins {
		helpers[host] = "e2e"
		script += fmt.Sprintf("%s) printf '{\"ServerURL\":\"%%s\",\"Username\":\"%s\",\"Secret\":\"%s\"}' \"$host\" ;;\n", host, login[0], login[1])
	}
	config, err := json.Marshal(map[string]any{"credHelpers": helpers})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "config.json"), string(config))
	write(t, filepath.Join(dir, "docker-credential-e2e"), script+"esac\n")
	if err := os.Chmod(filepath.Join(dir, "docker-credential-e2e"), 0o755); err != nil {
		t.Fatal(err)
	}
	c.env = append(c.env, "DOCKER_CONFIG="+dir, "PATH="+dir+string(os.PathListSeparator)+shared.Bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	return c
}

// dockerSecret makes a Secret like `kubectl create secret docker-registry`, or one of another type.
func dockerSecret(t *testing.T, ns, name string, kind corev1.SecretType, content string) {
	t.Helper()
	key := map[corev1.SecretType]string{corev1.SecretTypeDockerConfigJson: corev1.DockerConfigJsonKey, corev1.SecretTypeDockercfg: corev1.DockerConfigKey}[kind]
	if key == "" {
		key = "password"
	}
	if _, err := client.CoreV1().Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Type: kind, StringData: map[string]string{key: content},
	}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// loginEntry is a login in the format of a Docker configuration.
func loginEntry(host, user, password string) string {
	return fmt.Sprintf("{\n  %q: {\"username\": %q, \"password\": %q, \"auth\": %q}\n}", host, user, password, basic(user, password))
}

// basic encodes a login for HTTP basic authentication.
func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}
