package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// compareUpload sends a large tree with the plugin and with kubectl cp.
func compareUpload(ctx context.Context, b *bench, turns int) (report, error) {
	u, err := b.raceUploads(ctx, turns)
	if err != nil {
		return report{}, err
	}
	return report{
		title: "upload of " + u.tree,
		rows:  []*row{u.plugin, u.whole, u.cp, u.pluginUsage, u.cpUsage},
		bars: []bar{
			ratio("upload of "+u.tree+" / kubectl cp", u.plugin, u.cp, 0.6),
			ratio("the same, processor time of client and pod", u.pluginUsage, u.cpUsage, 1),
		},
	}, nil
}

// compareBusyUpload does the same beside one busy process for each processor.
func compareBusyUpload(ctx context.Context, b *bench, turns int) (report, error) {
	idle, err := b.keepBusy(ctx)
	if err != nil {
		return report{}, err
	}
	defer idle()
	u, err := b.raceUploads(ctx, turns)
	if err != nil {
		return report{}, err
	}
	return report{
		title: "upload of " + u.tree + " while every processor is busy",
		rows:  []*row{u.plugin, u.whole, u.cp, u.pluginUsage, u.cpUsage},
		bars:  []bar{ratio("upload of "+u.tree+" / kubectl cp, while every processor is busy", u.plugin, u.cp, 0.8)},
	}, nil
}

// uploads has the figures of both sides.
type uploads struct {
	tree                 string
	plugin, whole, cp    *row
	pluginUsage, cpUsage *row
}

// raceUploads measures the sides in turns. The plugin's time ends when the pod has verified what it received; kubectl cp verifies nothing. For a
// minute after files were deleted, ext4 skips their inodes one by one whenever it makes a file (recently_deleted in fs/ext4/ialloc.c). So
// raceUploads waits for that first, and deletes nothing between the turns.
func (b *bench) raceUploads(ctx context.Context, turns int) (*uploads, error) {
	if err := b.makeSmallContext(); err != nil {
		return nil, err
	}
	pod, err := b.handPod(ctx)
	if err != nil {
		return nil, err
	}
	if err := b.startIdle(ctx, pod); err != nil {
		return nil, err
	}
	tree := filepath.Join(b.Temp, "tree")
	files, size, err := makeTree(ctx, tree)
	if err != nil {
		return nil, err
	}
	if err := b.forgetDeleted(ctx); err != nil {
		return nil, err
	}
	u := &uploads{
		tree:   fmt.Sprintf("%d files, %d MB", files, size/1e6),
		plugin: &row{name: "upload of kubectl img build", unit: "s"}, whole: &row{name: "its whole run", unit: "s"}, cp: &row{name: "kubectl cp", unit: "s"},
		pluginUsage: &row{name: "processor time of kubectl img build and its pod", unit: "s"},
		cpUsage:     &row{name: "processor time of kubectl cp and the pod", unit: "s"},
	}
	for turn := range turns {
		if err := b.uploadByPlugin(ctx, u, tree, turn); err != nil {
			return nil, err
		}
		if err := b.uploadByCopy(ctx, u, tree, files, turn); err != nil {
			return nil, err
		}
	}
	return u, nil
}

// uploadByPlugin adds the figures of one upload. Its processor time is what it takes more than that of a small context, with all else that the two
// runs have in common.
func (b *bench) uploadByPlugin(ctx context.Context, u *uploads, tree string, turn int) error {
	_, usedBySmall, err := b.upload(ctx, b.smallContext(), fmt.Sprintf("small-%d", turn))
	if err != nil {
		return err
	}
	var sent, used float64
	took, err := b.stopwatch(ctx, func() (err error) { sent, used, err = b.upload(ctx, tree, fmt.Sprintf("large-%d", turn)); return err })
	if err != nil {
		return err
	}
	u.plugin.add(sent)
	u.whole.add(took)
	u.pluginUsage.add(used - usedBySmall)
	return nil
}

// uploadByCopy is uploadByPlugin for kubectl cp.
func (b *bench) uploadByCopy(ctx context.Context, u *uploads, tree string, files, turn int) error {
	_, usedBySmall, err := b.copyTree(ctx, b.smallContext(), fmt.Sprintf("%s/small%d", podContext, turn), smallFiles)
	if err != nil {
		return err
	}
	took, used, err := b.copyTree(ctx, tree, fmt.Sprintf("%s/large%d", podContext, turn), files)
	if err != nil {
		return err
	}
	u.cp.add(took)
	u.cpUsage.add(used - usedBySmall)
	return nil
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

// upload builds from tree in a pod of that name. It returns the seconds that the upload took, and the processor time of client and pod until then.
func (b *bench) upload(ctx context.Context, tree, pod string) (took, used float64, err error) {
	cmd := b.command(ctx, "kubectl", "img", "build", "-n", b.namespace, "--name", pod, "--push=false", "--keep", tree)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return 0, 0, err
	}
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	var log bytes.Buffer
	var uid types.UID
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		fmt.Fprintln(&log, lines.Text())
		switch {
		case strings.HasPrefix(lines.Text(), "created builder pod"):
			uid, err = b.podUID(ctx, pod)
		case sentLine.MatchString(lines.Text()):
			client, clientErr := processUsage(cmd.Process.Pid) // kubectl has become the plugin
			server, podErr := podUsage(uid)
			used, err = client+server, errors.Join(err, clientErr, podErr)
		}
	}
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return 0, 0, fmt.Errorf("%w: %s", err, log.String())
	}
	took, err = uploadTime(log.String())
	return took, used, err
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

// copyTree copies tree into the idle pod, to a new directory. It returns the seconds, and the processor time of kubectl and of the pod.
func (b *bench) copyTree(ctx context.Context, tree, to string, files int) (took, used float64, err error) {
	uid, err := b.podUID(ctx, "hand")
	if err != nil {
		return 0, 0, err
	}
	before, err := podUsage(uid)
	if err != nil {
		return 0, 0, err
	}
	cp := b.command(ctx, "kubectl", "cp", tree, b.namespace+"/hand:"+to)
	took, err = b.stopwatch(ctx, func() error { return run(cp) })
	if err != nil {
		return 0, 0, err
	}
	after, err := podUsage(uid)
	if err != nil {
		return 0, 0, err
	}
	used = after - before + (cp.ProcessState.UserTime() + cp.ProcessState.SystemTime()).Seconds()
	count, err := b.kubectl(ctx, "exec", "-n", b.namespace, "hand", "--", "sh", "-c", "find "+to+" -type f | wc -l")
	if err == nil && count != strconv.Itoa(files) {
		err = fmt.Errorf("kubectl cp copied %s of %d files", count, files)
	}
	return took, used, err
}
