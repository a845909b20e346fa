package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// judgeSuccess holds a claimed success to the registry's content, and to the log, of which no line may be lost.
func (r *run) judgeSuccess(ctx context.Context, o outcome) []string {
	var wrong []string
	repository, digest, found := strings.Cut(strings.TrimSuffix(o.stdout, "\n"), "@")
	if !found || strings.Count(o.stdout, "\n") != 1 || repository != r.tag {
		return []string{fmt.Sprintf("stdout is not the one line with the digest: %q", o.stdout)}
	}
	if err := r.checkImage(ctx, digest); err != nil {
		wrong = append(wrong, err.Error())
	}
	if err := r.checkLog(o.stderr); err != nil {
		wrong = append(wrong, err.Error())
	}
	return wrong
}

func (r *run) checkImage(ctx context.Context, digest string) error {
	tag, err := name.NewTag(r.ref)
	if err != nil {
		return err
	}
	head, err := remote.Head(tag, remote.WithContext(ctx), remote.WithTransport(r.registry))
	if err != nil {
		return fmt.Errorf("success, but the tag is not in the registry: %w", err)
	}
	if head.Digest.String() != digest {
		return fmt.Errorf("success with %s, but the tag is %s", digest, head.Digest)
	}
	image, err := remote.Image(tag.Context().Digest(digest), remote.WithContext(ctx), remote.WithTransport(r.registry))
	if err != nil {
		return fmt.Errorf("pull the image: %w", err)
	}
	files := mutate.Extract(image)
	defer files.Close()
	return r.compare(files)
}

// compare holds the files below c/ to the context's.
func (r *run) compare(files io.Reader) error {
	missing := maps.Clone(r.content)
	for archive := tar.NewReader(files); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read the image: %w", err)
		}
		path, ours := strings.CutPrefix(header.Name, "c/")
		if !ours || header.Typeflag != tar.TypeReg {
			continue
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			return fmt.Errorf("read the image: %w", err)
		}
		if want, known := r.content[path]; !known || want != string(content) {
			return fmt.Errorf("%s in the image is not what the context has", header.Name)
		}
		delete(missing, path)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d files of the context are not in the image", len(missing))
	}
	return nil
}

// checkLog wants every line of the step once and in order.
func (r *run) checkLog(log string) error {
	next := 1
	for line := range strings.SplitSeq(log, "\n") {
		_, rest, found := strings.Cut(line, " line-")
		if !found || strings.Contains(line, "RUN") {
			continue
		}
		if want := fmt.Sprintf("%d;", next); !strings.HasPrefix(rest, want) {
			return fmt.Errorf("the log has %.40q where line %d belongs", line, next)
		}
		next++
	}
	if next != r.lines+1 {
		return fmt.Errorf("the log has %d of the step's %d lines", next-1, r.lines)
	}
	return nil
}
