package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/archive"
	"github.com/containerd/containerd/v2/pkg/archive/compression"
	"github.com/containerd/containerd/v2/plugins/content/local"
)

// input is where a build reads from.
type input struct {
	filename  string            // of the Dockerfile, in its directory
	url       string            // of the context, if it is not a directory
	dirs      map[string]string // contexts that are directories, by name
	layouts   map[string]string // directories of OCI layouts, by store
	named     []string          // NAME=WHERE of further contexts
	temporary []string          // removed afterwards
}

// openInput reads what the arguments name: the context, the Dockerfile and the further contexts, NAME=WHERE.
func openInput(ctx context.Context, contextArg, file string, contexts []string) (_ *input, err error) {
	in := &input{dirs: map[string]string{}, layouts: map[string]string{}}
	defer func() {
		if err != nil {
			in.remove()
		}
	}()
	switch {
	case isURL(contextArg):
		in.url = contextArg
	case contextArg == "-" && file == "-":
		return in, errors.New("stdin can't be the context and the Dockerfile")
	case contextArg == "-":
		if in.dirs["context"], err = in.fromStdin(ctx); err != nil {
			return in, fmt.Errorf("read context from stdin: %w", err)
		}
		if file != "" && !filepath.IsAbs(file) {
			file = filepath.Join(in.dirs["context"], file)
		}
	default:
		in.dirs["context"] = contextArg
	}
	if file == "-" {
		dir, err := in.scratch()
		if err != nil {
			return in, err
		}
		file = filepath.Join(dir, "Dockerfile")
		if err := copyTo(file, os.Stdin); err != nil {
			return in, err
		}
	}
	in.dockerfile(file)
	return in, in.addContexts(contexts)
}

// dockerfile makes the directory of the Dockerfile a context of its own, unless it is in one that is a URL.
func (in *input) dockerfile(file string) {
	switch {
	case in.url != "" && file == "":
		in.filename = "Dockerfile"
	case in.url != "" && !filepath.IsAbs(file):
		in.filename = file
	case file == "":
		in.filename, in.dirs["dockerfile"] = "Dockerfile", in.dirs["context"]
	default:
		in.filename, in.dirs["dockerfile"] = filepath.Base(file), filepath.Dir(file)
	}
}

const layoutScheme = "oci-layout://"

func (in *input) addContexts(pairs []string) error {
	for _, pair := range pairs {
		name, where, ok := strings.Cut(pair, "=")
		if !ok || name == "" || where == "" {
			return fmt.Errorf("invalid build context %q: want NAME=PATH or NAME=URL", pair)
		}
		if layout, found := strings.CutPrefix(where, layoutScheme); found {
			dir, digest, ok := strings.Cut(layout, "@")
			if !ok {
				return fmt.Errorf("invalid build context %q: want NAME=oci-layout://PATH@DIGEST", pair)
			}
			store := fmt.Sprintf("layout%d", len(in.layouts))
			in.layouts[store], where = dir, layoutScheme+store+"@"+digest
		} else if info, err := os.Stat(where); err == nil && info.IsDir() {
			if name == "context" || name == "dockerfile" { // these two have other directories
				in.dirs["_"+name], where = where, "local:_"+name
			} else {
				in.dirs[name], where = where, "local:"+name
			}
		}
		in.named = append(in.named, name+"="+where)
	}
	return nil
}

func isURL(arg string) bool {
	for _, prefix := range []string{"http://", "https://", "git://", "git@", "ssh://", "github.com/"} {
		if strings.HasPrefix(arg, prefix) {
			return true
		}
	}
	return false
}

// fromStdin unpacks an archive, or takes what is no archive for the Dockerfile.
func (in *input) fromStdin(ctx context.Context) (string, error) {
	dir, err := in.scratch()
	if err != nil {
		return "", err
	}
	stdin := bufio.NewReader(os.Stdin)
	stream, err := compression.DecompressStream(stdin)
	if err != nil {
		return "", err
	}
	defer stream.Close()
	content := bufio.NewReaderSize(stream, 1024)
	const magic = 257 // where a tar header says ustar
	if head, err := content.Peek(magic + 5); err != nil || string(head[magic:]) != "ustar" {
		return dir, copyTo(filepath.Join(dir, "Dockerfile"), content)
	}
	_, err = archive.Apply(ctx, dir, content, archive.WithNoSameOwner())
	return dir, err
}

func (in *input) scratch() (string, error) {
	dir, err := os.MkdirTemp("", "img-context-")
	if err == nil {
		in.temporary = append(in.temporary, dir)
	}
	return dir, err
}

func (in *input) remove() {
	for _, dir := range in.temporary {
		_ = os.RemoveAll(dir)
	}
}

// keep lists what must not be hidden.
func (in *input) keep() []string {
	var dirs []string
	for _, byName := range []map[string]string{in.dirs, in.layouts} {
		for _, dir := range byName {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// stores opens the OCI layouts.
func (in *input) stores() (map[string]content.Store, error) {
	stores := map[string]content.Store{}
	for name, dir := range in.layouts {
		store, err := local.NewStore(dir)
		if err != nil {
			return nil, err
		}
		stores[name] = store
	}
	return stores, nil
}

func copyTo(path string, from io.Reader) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	return errors.Join(err, file.Close())
}
