package dockerfile

import "regexp"

// services begins what each compose file has.
var services = regexp.MustCompile(`(?m)^services:[ \t\r]*$`)

// IsCompose reports whether a text is a compose file, and no Dockerfile: that can have such a line in a heredoc.
func IsCompose(text []byte) bool {
	if !services.Match(text) {
		return false
	}
	_, err := newStageWalker(text, nil)
	return err != nil
}
