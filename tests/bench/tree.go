package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

const (
	randomFiles = 3
	randomSize  = 100 << 20 // bytes of each
)

// minimal is a Dockerfile whose image has one small file, also from a large context.
const minimal = "FROM scratch\nCOPY marker /\n"

// makeTree makes a context like a working copy: Go's source tree, which has many small files, and large files that do not compress.
func makeTree(ctx context.Context, dir string) (files int, size int64, err error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return 0, 0, err
	}
	if err := makeMinimal(dir); err != nil {
		return 0, 0, err
	}
	if err := copySources(filepath.Join(dir, "src"), filepath.Join(strings.TrimSpace(string(root)), "src")); err != nil {
		return 0, 0, err
	}
	for i := range randomFiles {
		random := rand.NewChaCha8([32]byte{byte(i)})
		if err := writeFile(filepath.Join(dir, "random"+strconv.Itoa(i)), io.LimitReader(random, randomSize)); err != nil {
			return 0, 0, err
		}
	}
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		files++
		size += info.Size()
		return nil
	})
	return files, size, err
}

// makeMinimal makes a context of one small file.
func makeMinimal(dir string) error {
	return fixture.WriteContext(dir, map[string]string{"Dockerfile": minimal, "marker": "here\n"})
}

// copySources copies regular files only. Go's source has no others that matter.
func copySources(to, from string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir():
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		case !entry.Type().IsRegular():
			return nil
		}
		in, err := os.Open(path)
		if err != nil {
			return err
		}
		defer in.Close()
		return writeFile(filepath.Join(to, name), in)
	})
}

func writeFile(path string, content io.Reader) error {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, content)
	return errors.Join(err, out.Close())
}
