package podsecurity

import (
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
)

// ViolatedLevel reads the level for which Pod Security refused a pod. ok is false if message is no refusal by Pod Security.
//
// The API server reports the level in the message only.
func ViolatedLevel(message string) (violated api.LevelVersion, ok bool) {
	_, rest, found := strings.Cut(message, `violates PodSecurity "`)
	text, _, closed := strings.Cut(rest, `"`)
	level, version, _ := strings.Cut(text, ":")
	if !found || !closed {
		return api.LevelVersion{}, false
	}
	var errs [2]error
	violated.Level, errs[0] = api.ParseLevel(level)
	violated.Version, errs[1] = api.ParseVersion(version)
	return violated, errs == [2]error{}
}

// HintOlderBaseline is for what OlderBaseline reports.
const HintOlderBaseline = "--profile localhost; level baseline admits the pod of profile userns from version 1.35 of Pod Security on"

// OlderBaseline reports whether message refuses a pod for a version of level baseline that knows nothing of user namespaces: it refuses procMount
// Unmasked, which version 1.35 admits in a pod with hostUsers: false. The version is that of the API server, or the one that the namespace's label names.
func OlderBaseline(message string) bool {
	violated, ok := ViolatedLevel(message)
	_, checks, _ := strings.Cut(message, `violates PodSecurity "`)
	return ok && violated.Level == api.LevelBaseline && strings.Contains(checks, `": procMount `)
}

// Refusal returns why admission or validation refused a pod for its security settings, in one line. ok is false if the status is
// about anything else, such as a quota or a missing right.
//
// The API server has no field for this, so its texts decide. A text that is not known here counts as something else: then
// --profile auto stops early, and never takes a weaker profile by mistake.
func Refusal(status metav1.Status) (reason string, ok bool) {
	if level, violated := ViolatedLevel(status.Message); violated {
		return "refused by Pod Security " + level.String(), true
	}
	// Policies, webhooks and OpenShift can refuse a pod for any reason; most of them restrict what a pod may do.
	for _, prefix := range []string{"ValidatingAdmissionPolicy '", `admission webhook "`, "unable to validate against any security context constraint"} {
		if i := strings.Index(status.Message, prefix); i >= 0 {
			return oneLine(status.Message[i:]), true
		}
	}
	if status.Details == nil || status.Reason != metav1.StatusReasonInvalid {
		return "", false
	}
	for _, cause := range status.Details.Causes {
		if field, found := profileField(cause.Field); found {
			return field + ": " + oneLine(cause.Message), true
		}
	}
	return "", false
}

// profileField returns the last part of a field's path if the profiles differ in that field.
func profileField(path string) (field string, ok bool) {
	fields := []string{"hostUsers", "procMount", "seccompProfile", "appArmorProfile"}
	i := slices.IndexFunc(fields, func(field string) bool { return strings.Contains(path, field) })
	if i < 0 {
		return "", false
	}
	return fields[i], true
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
