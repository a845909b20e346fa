package load_test

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubectl-img/kubectl-img/tests/cluster/clustertest"
)

func TestContext(t *testing.T) {
	t.Run("large file", largeFile)
	t.Run("many files", manyFiles)
}

// largeFile sends a file whose blocks all differ, so that the sum shows a lost or moved block. The blocks compress, because the registry's disk
// must have room for them.
func largeFile(t *testing.T) {
	ns, dir := namespace(t), t.TempDir()
	sum := blocks(t, filepath.Join(dir, "large"), int64(scaled(5<<30)))
	clustertest.WriteFile(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY large /\n")
	digest, ok := build(t, io.Discard, "-n", ns, "-t", repository(ns), "--timeout", "20m", dir)
	if !ok {
		return
	}
	got := ""
	eachFile(t, digest, func(_ string, file io.Reader) error {
		hash := sha256.New()
		_, err := io.Copy(hash, file)
		got = hex.EncodeToString(hash.Sum(nil))
		return err
	})
	if got != sum {
		t.Errorf("the file has SHA-256 %s in the image, want %s", got, sum)
	}
}

// blocks writes blocks of 64 KiB, each of a number and a pattern, and returns the SHA-256.
func blocks(t *testing.T, path string, size int64) string {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var pattern [1 << 10]byte
	_, _ = rand.NewChaCha8([32]byte{1}).Read(pattern[:]) // never fails
	block := bytes.Repeat(pattern[:], 64)
	hash := sha256.New()
	out := bufio.NewWriterSize(io.MultiWriter(file, hash), 1<<20)
	for n := range size / int64(len(block)) {
		binary.LittleEndian.PutUint64(block, uint64(n))
		if _, err := out.Write(block); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Flush(); err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(hash.Sum(nil))
}

func manyFiles(t *testing.T) {
	ns, dir, n := namespace(t), t.TempDir(), scaled(200_000)
	name := func(i int) string { return fmt.Sprintf("tree/%d/%d/file-%d", i%97, i/97%89, i) }
	for i := range n {
		clustertest.WriteFile(t, filepath.Join(dir, name(i)), name(i))
	}
	clustertest.WriteFile(t, filepath.Join(dir, "Dockerfile"), "FROM scratch\nCOPY tree /tree\n")
	digest, ok := build(t, io.Discard, "-n", ns, "-t", repository(ns), "--timeout", "20m", dir)
	if !ok {
		return
	}
	missing := map[string]bool{}
	for i := range n {
		missing[name(i)] = true
	}
	eachFile(t, digest, func(name string, file io.Reader) error {
		content, err := io.ReadAll(file)
		if err == nil && (!missing[name] || string(content) != name) {
			err = fmt.Errorf("unknown, twice in the image, or changed: %.100q", content)
		}
		delete(missing, name)
		return err
	})
	if len(missing) > 0 {
		t.Errorf("%d of %d files are not in the image", len(missing), n)
	}
}
