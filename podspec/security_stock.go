package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The settings of profile stock. Its pod has two kinds of containers: the builder's, which writes files for the build steps, and those in which they run.

func rootOfPod(s *security) {
	s.pod.RunAsNonRoot = nil
	// Files of an image belong to many users. Without another user namespace in the pod, only its root can create them.
	s.pod.RunAsUser = ptr.To(int64(0))
	s.pod.RunAsGroup = ptr.To(int64(0))
	s.pod.FSGroup, s.pod.FSGroupChangePolicy = nil, nil
}

func defaultSeccomp(s *security) {
	s.pod.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
}

// ownFiles are the capabilities that both kinds of containers need, because each writes files of other users: the engine when it unpacks an image,
// and a step when it installs a package.
func ownFiles() []corev1.Capability {
	return []corev1.Capability{
		// Files of an image have owners.
		"CHOWN",
		// Root reads and replaces files of others, and enters their directories.
		"DAC_OVERRIDE",
		// Root sets the mode, times and attributes of files of others.
		"FOWNER",
		// A write or chown keeps the set-group-ID bit of a file whose group root is not in.
		"FSETID",
		// Programs of an image, such as ping, have file capabilities.
		"SETFCAP",
	}
}

func engineCapabilities(s *security) {
	s.container.Capabilities = &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: ownFiles()}
}

func stepContext(s *security) {
	s.step = corev1.SecurityContext{
		Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}, Add: append(ownFiles(),
			// USER, su and the installation of packages change the user and the group.
			"SETUID", "SETGID",
			// debootstrap and the scripts of packages use chroot.
			"SYS_CHROOT",
			// The agent ends what a step of another user has left behind.
			"KILL",
		)},
		// Set-ID programs, such as sudo, work only without no_new_privs.
		AllowPrivilegeEscalation: ptr.To(true),
		// The root file system of the container is that of the build step.
		ReadOnlyRootFilesystem: ptr.To(false),
	}
}
