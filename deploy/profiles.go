package deploy

import (
	"crypto/sha256"
	"encoding/hex"
	"io"

	"sigs.k8s.io/yaml"
)

const (
	seccompFile  = "kubectl-img.json"
	apparmorName = "kubectl-img"
)

// NodeProfiles describes how the seccomp profile, and the AppArmor profile if wanted, get to the nodes.
type NodeProfiles struct {
	Image      string // builder image, in which the installers run
	PullSecret string // in the installers' namespace; empty for none
	KubeletDir string // on the nodes
	Operator   bool   // use the Security Profiles Operator in place of our seccomp installer
	AppArmor   bool   // include the AppArmor installer
}

// Write writes the manifests for kubectl apply.
func (p NodeProfiles) Write(w io.Writer) error {
	data, err := p.data()
	if err != nil {
		return err
	}
	for _, name := range p.manifests() {
		if err := render(w, name, data); err != nil {
			return err
		}
	}
	return nil
}

// manifests returns the names of the templates.
func (p NodeProfiles) manifests() []string {
	switch {
	case p.Operator && p.AppArmor:
		return []string{"operator", "nodes", "apparmor"}
	case p.Operator:
		return []string{"operator"}
	case p.AppArmor:
		return []string{"nodes", "installer", "apparmor"}
	default:
		return []string{"nodes", "installer"}
	}
}

// data returns the values for the templates.
func (p NodeProfiles) data() (map[string]string, error) {
	data := map[string]string{
		"Image": p.Image, "PullSecret": p.PullSecret, "KubeletDir": p.KubeletDir, "SeccompFile": seccompFile, "AppArmorName": apparmorName,
	}
	for key, name := range map[string]string{
		"SeccompProfile": "seccomp/" + seccompFile, "SeccompInstaller": "installer/seccomp.sh",
		"AppArmorProfile": "apparmor/" + apparmorName, "AppArmorInstaller": "installer/apparmor.sh",
	} {
		var err error
		if data[key], err = readFile(name); err != nil {
			return nil, err
		}
	}
	data["SeccompSum"], data["AppArmorSum"] = sum(data["SeccompProfile"]), sum(data["AppArmorProfile"])
	spec, err := yaml.JSONToYAML([]byte(data["SeccompProfile"]))
	data["SeccompSpec"] = string(spec)
	return data, err
}

func sum(text string) string {
	digest := sha256.Sum256([]byte(text))
	return hex.EncodeToString(digest[:])
}
