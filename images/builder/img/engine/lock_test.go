package engine

import (
	"errors"
	"testing"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	var inUse *InUseError
	if _, err := lock(dir); !errors.As(err, &inUse) || inUse.Dir != dir || inUse.Process == "" {
		t.Errorf("second lock: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = lock(dir); err != nil {
		t.Fatalf("lock after unlock: %v", err)
	}
	_ = unlock()
}
