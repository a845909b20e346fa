package main

import (
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// smallFiles is the number of files in the small context.
const smallFiles = 2

func (b *bench) smallContext() string { return filepath.Join(b.Temp, "small") }

func (b *bench) makeSmallContext() error {
	dockerfile := "FROM " + b.Registry + "/busybox:1\nCOPY . /src\nRUN cat /src/greeting >/greeting\n"
	return fixture.WriteContext(b.smallContext(), map[string]string{"Dockerfile": dockerfile, "greeting": "hello\n"})
}
