package podspec

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// secretMode makes a Secret's files readable for the builder's group, which owns them because of fsGroup.
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
	if v.Annotation != "" {
		return corev1.VolumeSource{DownwardAPI: &corev1.DownwardAPIVolumeSource{Items: []corev1.DownwardAPIVolumeFile{
			{Path: v.Name, FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.annotations['" + v.Annotation + "']"}},
		}}}
	}
	if v.Secret != "" {
		return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
			SecretName: v.Secret, DefaultMode: ptr.To(int32(secretMode)),
			// Without its Secret, a pod would stay pending. As it is, the supervisor reports the missing Secret at once.
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
		if v.Annotation != "" {
			for _, path := range []string{v.MountPath, v.AlsoAt} {
				out = append(out, corev1.VolumeMount{Name: v.Name, MountPath: path, SubPath: v.Name, ReadOnly: true})
			}
			continue
		}
		out = append(out, corev1.VolumeMount{Name: v.Name, MountPath: v.MountPath, ReadOnly: v.Secret != ""})
	}
	return out
}
