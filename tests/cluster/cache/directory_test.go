package cache

import (
	"os"
	"testing"
)

func TestMakeTraversable(t *testing.T) {
	t.Run("parent that others can't traverse", func(t *testing.T) {
		closed := t.TempDir()
		if err := os.Chmod(closed, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := MakeTraversable(closed + "/state"); err == nil {
			t.Error("a state directory below one of mode 0700 was accepted")
		}
	})
}
