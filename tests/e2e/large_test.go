package e2e_test

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLargeContextArrivesWithAWarning(t *testing.T) {
	t.Parallel()
	ns := namespace(t, privileged)
	// Only the sums are in the image: pushing so much would take longer than sending it.
	dir := only(t, "FROM "+busybox()+" AS sums\nCOPY . /c\nRUN cd /c && sha256sum huge/one huge/two large small >/sums\nFROM scratch\nCOPY --from=sums /sums /\n")
	var want strings.Builder
	for _, f := range []struct {
		name string
		mega int64
	}{{"huge/one", 60}, {"huge/two", 50}, {"large", 80}, {"small", 10}} {
		fmt.Fprintf(&want, "%x  %s\n", fill(t, filepath.Join(dir, f.name), f.mega*1_000_000), f.name)
	}
	r := build(ns, "-t", repository(ns), dir).run(t).succeeds(t)
	if got := fileIn(t, pull(t, repository(ns)), "sums"); got != want.String() {
		t.Errorf("sums\n%swant\n%s", got, want.String())
	}
	warning := strings.Join(r.lines("warning: "), "\n")
	for _, part := range []string{"200MB", "huge (110MB)", "large (80MB)"} {
		if !strings.Contains(warning, part) {
			t.Errorf("the warning lacks %q: %q", part, warning)
		}
	}
	r.says(t, "sent the build context: 200MB")
}

// fill writes bytes that don't compress and returns their SHA-256.
func fill(t *testing.T, path string, size int64) []byte {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	var seed [32]byte
	copy(seed[:], path)
	if _, err := io.CopyN(io.MultiWriter(file, sum), rand.NewChaCha8(seed), size); err != nil {
		t.Fatal(err)
	}
	return sum.Sum(nil)
}
