package main

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"time"
)

// compareUpload sends a large tree with the plugin and with kubectl cp. The plugin's time ends when the pod has verified what it received; kubectl
// cp verifies nothing. For a minute after files were deleted, ext4 skips their inodes one by one whenever it makes a file (recently_deleted in
// fs/ext4/ialloc.c). So compareUpload waits for that first, and deletes nothing between the turns.
func compareUpload(ctx context.Context, b *bench, turns int) (report, error) {
	if err := b.makeSmallContext(); err != nil {
		return report{}, err
	}
	pod, err := b.handPod(ctx)
	if err != nil {
		return report{}, err
	}
	if err := b.startIdle(ctx, pod); err != nil {
		return report{}, err
	}
	tree := filepath.Join(b.Temp, "tree")
	files, size, err := makeTree(ctx, tree)
	if err != nil {
		return report{}, err
	}
	if err := b.forgetDeleted(ctx); err != nil {
		return report{}, err
	}
	plugin, whole, cp := &row{name: "upload of kubectl img build", unit: "s"}, &row{name: "its whole run", unit: "s"}, &row{name: "kubectl cp", unit: "s"}
	for turn := range turns {
		var sent float64
		took, err := b.stopwatch(ctx, func() (err error) { sent, err = b.upload(ctx, tree); return err })
		if err != nil {
			return report{}, err
		}
		plugin.add(sent)
		whole.add(took)
		if took, err = b.copyTree(ctx, tree, fmt.Sprintf("%s/turn%d", podContext, turn), files); err != nil {
			return report{}, err
		}
		cp.add(took)
	}
	return report{
		title: fmt.Sprintf("upload of %d files, %d MB", files, size/1e6),
		rows:  []*row{plugin, whole, cp},
		bars:  []bar{ratio(fmt.Sprintf("upload of %d files, %d MB / kubectl cp", files, size/1e6), plugin, cp, 0.8)},
	}, nil
}

// recently is how long ext4 counts an inode as recently deleted after the deletion is on the disk.
const recently = 65 * time.Second

// forgetDeleted waits until no inode counts as recently deleted.
func (b *bench) forgetDeleted(ctx context.Context) error {
	if err := run(b.command(ctx, "sync")); err != nil {
		return err
	}
	select {
	case <-time.After(recently):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// upload builds from tree and returns the seconds that the upload took.
func (b *bench) upload(ctx context.Context, tree string) (float64, error) {
	var stderr bytes.Buffer
	cmd := b.command(ctx, "kubectl", "img", "build", "-n", b.namespace, "--push=false", "--keep", tree)
	cmd.Stderr = &stderr
	if err := run(cmd); err != nil {
		return 0, fmt.Errorf("%w: %s", err, stderr.String())
	}
	return uploadTime(stderr.String())
}

var sentLine = regexp.MustCompile(`(?m)^sent the build context: \S+ in ([0-9.]+)s`)

// uploadTime reads the line that the plugin prints after the upload.
func uploadTime(log string) (float64, error) {
	match := sentLine.FindStringSubmatch(log)
	if match == nil {
		return 0, fmt.Errorf("the plugin's log has no line %q: %s", sentLine, log)
	}
	return strconv.ParseFloat(match[1], 64)
}

// startIdle starts the pod that kubectl cp copies into.
func (b *bench) startIdle(ctx context.Context, pod string) error {
	for _, args := range [][]string{
		{"delete", "pods", "--all", "--wait", "--grace-period=1", "-n", b.namespace},
		{"apply", "-n", b.namespace, "-f", pod},
		{"wait", "-n", b.namespace, "--for=condition=Ready", "--timeout=2m", "pod/hand"},
		{"exec", "-n", b.namespace, "hand", "--", "mkdir", "-p", podContext},
	} {
		if _, err := b.kubectl(ctx, args...); err != nil {
			return err
		}
	}
	return nil
}

// copyTree copies tree into the idle pod, to a new directory, and returns the seconds.
func (b *bench) copyTree(ctx context.Context, tree, to string, files int) (float64, error) {
	took, err := b.stopwatch(ctx, func() error {
		_, err := b.kubectl(ctx, "cp", tree, b.namespace+"/hand:"+to)
		return err
	})
	if err != nil {
		return 0, err
	}
	count, err := b.kubectl(ctx, "exec", "-n", b.namespace, "hand", "--", "sh", "-c", "find "+to+" -type f | wc -l")
	if err == nil && count != strconv.Itoa(files) {
		err = fmt.Errorf("kubectl cp copied %s of %d files", count, files)
	}
	return took, err
}
