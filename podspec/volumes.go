package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// secretMode lets the builder's group, which fsGroup makes the owner, read and nobody write.
const secretMode = 0o440

func volumes(vols []Volume) []corev1.Volume {
	var out []corev1.Volume
	for _, v := range vols {
		out = append(out, corev1.Volume{Name: v.Name, VolumeSource: v.source()})
	}
	return out
}

func (v Volume) source() corev1.VolumeSource {
	if v.Claim != "" {
		return corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: v.Claim}}
	}
	if v.Secret != "" {
		return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
			SecretName: v.Secret, DefaultMode: ptr.To(int32(secretMode)),
			// The kubelet would hold back a pod without its Secret and say so in an event; the supervisor says it at once.
			Optional: ptr.To(true),
		}}
	}
	dir := &corev1.EmptyDirVolumeSource{SizeLimit: v.SizeLimit}
	if v.Memory {
		dir.Medium = corev1.StorageMediumMemory
	}
	return corev1.VolumeSource{EmptyDir: dir}
}

func mounts(vols []Volume) []corev1.VolumeMount {
	var out []corev1.VolumeMount
	for _, v := range vols {
		out = append(out, corev1.VolumeMount{Name: v.Name, MountPath: v.MountPath, ReadOnly: v.Secret != ""})
	}
	return out
}
