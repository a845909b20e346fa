package cluster

import (
	"os"
	"strings"
)

// Env are the environment variables that programs need to use the cluster, as KEY=VALUE.
func (c *Cluster) Env() []string {
	return []string{
		"KUBECONFIG=" + c.Kubeconfig,
		"PATH=" + c.Bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"SSL_CERT_FILE=" + c.CABundle,
		"KUBECTL_IMG_IMAGE=" + c.BuilderImage,
		"KUBECTL_IMG_TESTS_NODE_IP=" + c.NodeIP,
		"KUBECTL_IMG_TESTS_HOST_IP=" + c.HostIP,
		"KUBECTL_IMG_TESTS_REGISTRY=" + c.Registry,
		"KUBECTL_IMG_TESTS_AUTH_REGISTRY=" + c.AuthRegistry,
		"KUBECTL_IMG_TESTS_AUTH_USER=" + c.AuthUser,
		"KUBECTL_IMG_TESTS_AUTH_PASSWORD=" + c.AuthPassword,
		"KUBECTL_IMG_TESTS_CA=" + c.CAFile,
		"KUBECTL_IMG_TESTS_LEGACY_IMAGE=" + c.LegacyImage,
		"KUBECTL_IMG_TESTS_LEGACY_SETUID_IMAGE=" + c.LegacySetuidImage,
	}
}

// Exports is Env as commands of a POSIX shell.
func (c *Cluster) Exports() string {
	var out strings.Builder
	for _, pair := range c.Env() {
		key, value, _ := strings.Cut(pair, "=")
		if key == "PATH" {
			out.WriteString("export PATH='" + c.Bin + "':\"$PATH\"\n")
			continue
		}
		out.WriteString("export " + key + "='" + strings.ReplaceAll(value, "'", `'\''`) + "'\n")
	}
	return out.String()
}
