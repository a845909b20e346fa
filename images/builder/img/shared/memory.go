package shared

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// memory are the directories, below a container's root directory, of what processes share in the way of POSIX: memory, semaphores and queues.
var memory = []string{"dev/shm", "dev/mqueue"}

// FreeMemory removes what the steps of a container have put into shared memory, which outlives them.
func FreeMemory(root int) error {
	removeIPC()
	var errs []error
	for _, path := range memory {
		place, err := tree.Resolve(root, path+"/.", nil)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		errs = append(errs, emptyPlace(place))
	}
	return errors.Join(errs...)
}

func emptyPlace(place tree.Place) error {
	defer place.Close()
	dir, err := tree.Open(place.Dir, place.Name)
	if err != nil {
		if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ENOTDIR) {
			return nil
		}
		return err
	}
	defer unix.Close(dir)
	_, err = tree.Empty(dir)
	return err
}

// removeIPC removes what processes have shared in the way of System V: it outlives them.
func removeIPC() {
	const remove = 0 // IPC_RMID
	for kind, call := range map[string]func(id uintptr){
		"shm": func(id uintptr) { _, _, _ = unix.Syscall(unix.SYS_SHMCTL, id, remove, 0) },
		"sem": func(id uintptr) { _, _, _ = unix.Syscall6(unix.SYS_SEMCTL, id, 0, remove, 0, 0, 0) },
		"msg": func(id uintptr) { _, _, _ = unix.Syscall(unix.SYS_MSGCTL, id, remove, 0) },
	} {
		table, err := os.ReadFile("/proc/sysvipc/" + kind)
		if err != nil {
			continue // the kernel has none
		}
		for _, line := range bytes.Split(table, []byte("\n")) {
			fields := strings.Fields(string(line))
			if len(fields) < 2 {
				continue
			}
			if id, err := strconv.Atoi(fields[1]); err == nil {
				call(uintptr(id)) //nolint:gosec // an id is no negative number
			}
		}
	}
}
