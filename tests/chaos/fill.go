package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const fullConfig = `version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage: {filesystem: {rootdirectory: %q}}
http:
  addr: %q
  tls: {certificate: %q, key: %q}
`

// fill starts a registry on a small file system: an 8 MB layer does not fit.
func (l *lab) fill(ctx context.Context) error {
	storage, config := filepath.Join(l.Temp, "full"), filepath.Join(l.Temp, "full.yml")
	if err := os.Mkdir(storage, 0o755); err != nil {
		return err
	}
	if err := syscall.Mount("tmpfs", storage, "tmpfs", 0, "size=4m"); err != nil {
		return fmt.Errorf("mount a small file system: %w", err)
	}
	l.onClose(func() { _ = syscall.Unmount(storage, syscall.MNT_DETACH) })
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it does not block
	if err != nil {
		return err
	}
	l.full = listener.Addr().String()
	if err := listener.Close(); err != nil {
		return err
	}
	text := fmt.Sprintf(fullConfig, storage, l.full, filepath.Join(l.Dir, "pki", "registry.crt"), filepath.Join(l.Dir, "pki", "registry.key"))
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "docker-registry", "serve", config)
	if err := cmd.Start(); err != nil {
		return err
	}
	l.onClose(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return eventually(ctx, 10*time.Second, func() error {
		c, err := net.Dial("tcp", l.full) //nolint:noctx // it does not block
		if err == nil {
			err = c.Close()
		}
		return err
	})
}
