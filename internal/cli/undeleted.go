package cli

import (
	"fmt"
	"io"
	"slices"
	"sync"
)

// UndeletedPods is a set of builder pods that may exist: the create request was sent, and the delete request has no answer yet.
type UndeletedPods struct {
	mu       sync.Mutex
	commands []string
}

// Add records a pod by the command that deletes it.
func (u *UndeletedPods) Add(deleteCommand string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.commands = append(u.commands, deleteCommand)
}

// Remove forgets a pod.
func (u *UndeletedPods) Remove(deleteCommand string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if i := slices.Index(u.commands, deleteCommand); i >= 0 {
		u.commands = slices.Delete(u.commands, i, i+1)
	}
}

// Warn writes the delete command of every pod in the set.
func (u *UndeletedPods) Warn(w io.Writer) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, command := range u.commands {
		_, _ = fmt.Fprintln(w, "warning: a builder pod may be left behind; delete it with: "+command)
	}
}
