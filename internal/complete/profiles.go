package complete

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/podspec"
)

// Profiles completes the name of a profile, or one of the other words.
func Profiles(others ...cobra.Completion) cobra.CompletionFunc {
	words := slices.Clone(others)
	for _, profile := range podspec.Profiles() {
		words = append(words, cobra.CompletionWithDesc(string(profile), profile.Summary()))
	}
	return Words(words...)
}
