// Command manifest prints the krew manifest of the release that goreleaser has written to a directory.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kubectl-img/kubectl-img/krew"
)

func main() {
	dist := flag.String("dist", "dist", "directory with goreleaser's metadata.json and checksums.txt")
	base := flag.String("base", "", "URL of the archives' directory (default: the release on GitHub)")
	flag.Parse()
	if err := run(*dist, *base, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(dist, base string, stdout io.Writer) error {
	encoded, err := os.ReadFile(filepath.Join(dist, "metadata.json"))
	if err != nil {
		return err
	}
	var metadata struct {
		Version string `json:"version"`
	}
	if err := json.Unmarshal(encoded, &metadata); err != nil {
		return fmt.Errorf("read metadata.json: %w", err)
	}
	checksums, err := os.ReadFile(filepath.Join(dist, "checksums.txt"))
	if err != nil {
		return err
	}
	release, err := krew.Read(metadata.Version, base, string(checksums))
	if err != nil {
		return err
	}
	return release.Write(stdout)
}
