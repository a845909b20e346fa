package main

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// How much longer profile restricted, which emulates owners, may take than userns: for all of the corpus, and for the tree of many files, which is
// the worst case.
const (
	corpusLimit = 1.15
	manyLimit   = 3
)

// manyFiles is the size of a tree that a step unpacks, copies and lists: the emulation handles at least one system call for each file.
const manyFiles = 50_000

// compareRestricted builds the corpus of Dockerfiles once under each profile, in pods without a cache, and then the tree of many files.
func compareRestricted(ctx context.Context, b *bench, _ int) (report, error) {
	dockerfiles, err := filepath.Glob(filepath.Join(b.Root, "tests", "e2e", "testdata", "corpus", "*"))
	if err != nil || len(dockerfiles) == 0 {
		return report{}, errors.Join(errors.New("no corpus"), err)
	}
	tree := filepath.Join(b.Temp, "many")
	if err := makeManyFiles(tree); err != nil {
		return report{}, err
	}
	profiles := []string{"userns", "restricted"}
	corpus, many := map[string]*row{}, map[string]*row{}
	for _, profile := range profiles {
		corpus[profile] = &row{name: "a Dockerfile of the corpus, " + profile, unit: "s"}
		many[profile] = &row{name: fmt.Sprintf("%d files, %s", manyFiles, profile), unit: "s"}
	}
	for _, dir := range dockerfiles {
		for _, profile := range profiles {
			if err := b.buildUnder(ctx, profile, dir, corpus[profile]); err != nil {
				return report{}, err
			}
		}
	}
	for _, profile := range profiles {
		if err := b.buildUnder(ctx, profile, tree, many[profile]); err != nil {
			return report{}, err
		}
	}
	return report{
		title: fmt.Sprintf("profile restricted, %d Dockerfiles", len(dockerfiles)),
		rows:  []*row{corpus["userns"], corpus["restricted"], many["userns"], many["restricted"]},
		bars: []bar{
			ratioOf("all of the corpus: profile restricted / userns", corpus["restricted"].sum(), corpus["userns"].sum(), corpusLimit),
			ratio(fmt.Sprintf("%d files unpacked, copied and listed: profile restricted / userns", manyFiles), many["restricted"], many["userns"], manyLimit),
		},
	}, nil
}

func (b *bench) buildUnder(ctx context.Context, profile, dir string, to *row) error {
	took, err := b.timed(ctx, func() error {
		_, err := b.kubectl(ctx, "img", "build", "-n", b.namespace, "-t", b.Registry+"/"+b.namespace+":"+profile, "--profile", profile,
			"--build-arg", "REGISTRY="+b.Registry, dir)
		return err
	})
	to.add(took)
	return err
}

// makeManyFiles makes a context of an archive and of a Dockerfile that unpacks, copies and lists it.
func makeManyFiles(dir string) error {
	const dockerfile = `ARG REGISTRY
FROM $REGISTRY/debian:12
COPY many.tar /
RUN mkdir /many && tar -xpf /many.tar -C /many && cp -a /many /copy && ls -lR /copy | wc -l && rm /many.tar
`
	if err := fixture.WriteContext(dir, map[string]string{"Dockerfile": dockerfile}); err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(dir, "many.tar"))
	if err != nil {
		return err
	}
	defer f.Close()
	w := tar.NewWriter(f)
	for i := range manyFiles {
		content := fmt.Appendf(nil, "file %d\n", i)
		header := &tar.Header{Name: fmt.Sprintf("%d/%d", i/100, i), Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content)), Uid: i % 7, Gid: i % 5}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := w.Write(content); err != nil {
			return err
		}
	}
	return errors.Join(w.Close(), f.Sync())
}
