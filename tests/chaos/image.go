package main

import (
	"archive/tar"
	"context"
	"fmt"
	"io"
	"maps"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/mutate"

	"github.com/kubectl-img/kubectl-img/tests/cluster/archive"
)

// judgeSuccess compares the output of a successful run with the registry and with the step: the log must have all of its lines.
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
	tagged, err := r.Digest(ctx, r.ref)
	if err != nil {
		return fmt.Errorf("success, but the tag is not in the registry: %w", err)
	}
	if tagged != digest {
		return fmt.Errorf("success with %s, but the tag is %s", digest, tagged)
	}
	image, err := r.Image(ctx, r.ref+"@"+digest)
	if err != nil {
		return fmt.Errorf("pull the image: %w", err)
	}
	files := mutate.Extract(image)
	defer files.Close()
	return r.compare(files)
}

// compare compares the files below c/ with the context's.
func (r *run) compare(files io.Reader) error {
	missing := maps.Clone(r.content)
	if err := archive.Each(files, func(header *tar.Header, file io.Reader) error {
		path, ours := strings.CutPrefix(header.Name, "c/")
		if !ours || header.Typeflag != tar.TypeReg {
			return nil
		}
		content, err := io.ReadAll(file)
		if err != nil {
			return err
		}
		if want, known := r.content[path]; !known || want != string(content) {
			return fmt.Errorf("%s is not what the context has", header.Name)
		}
		delete(missing, path)
		return nil
	}); err != nil {
		return fmt.Errorf("read the image: %w", err)
	}
	if len(missing) > 0 {
		return fmt.Errorf("%d files of the context are not in the image", len(missing))
	}
	return nil
}

// checkLog finds every line of the step in the log, once and in order.
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
