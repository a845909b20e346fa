package namespace

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Hide covers directories with empty ones, and files with /dev/null, in this process's mount namespace. What is in keep stays where it is.
func Hide(paths, keep []string) error {
	kept, err := open(paths, keep)
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := cover(path); err != nil {
			return fmt.Errorf("hide %s: %w", path, err)
		}
	}
	for path, file := range kept {
		err := bind(file, path)
		if err := errors.Join(err, file.Close()); err != nil {
			return fmt.Errorf("keep %s: %w", path, err)
		}
	}
	return nil
}

func cover(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return unix.Mount("tmpfs", path, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, "mode=0755")
	}
	return unix.Mount("/dev/null", path, "", unix.MS_BIND, "")
}

// open returns those of the paths that are in one of the directories and exist.
func open(directories, paths []string) (map[string]*os.File, error) {
	files := map[string]*os.File{}
	for _, path := range paths {
		path, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		if !within(directories, path) {
			continue
		}
		fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("open %s: %w", path, err)
		}
		files[path] = os.NewFile(uintptr(fd), path)
	}
	return files, nil
}

func within(directories []string, path string) bool {
	for _, dir := range directories {
		if path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/") {
			return true
		}
	}
	return false
}

// bind puts an open file or directory back under its path.
func bind(file *os.File, path string) error {
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	if info.IsDir() {
		err = os.MkdirAll(path, 0o755)
	} else {
		err = os.WriteFile(path, nil, 0o644)
	}
	if err != nil {
		return err
	}
	return unix.Mount(fmt.Sprintf("/proc/self/fd/%d", file.Fd()), path, "", unix.MS_BIND|unix.MS_REC, "")
}
