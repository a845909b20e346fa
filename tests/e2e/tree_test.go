package e2e_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// leaf is a name in a build context: a directory if it ends in a slash, a symbolic link if it has a target, else a file.
type leaf struct {
	name    string
	mode    uint32
	content string
	target  string // of a symbolic link
	twin    string // an earlier name of the same file
}

// oddLeaves are all kinds of unusual files that a client without privileges can read. Parents come first.
func oddLeaves() []leaf {
	long := strings.Repeat("long-", 40)
	return []leaf{
		{name: "plain", mode: 0o644, content: "plain\n"},
		{name: "empty", mode: 0o644},
		{name: "binary", mode: 0o644, content: "\x00\x01\xff\n\r" + strings.Repeat("\x00", 70_000) + "end"},
		{name: "program", mode: 0o755, content: "#!/bin/sh\n"},
		{name: "group-writable", mode: 0o664, content: "w"},
		{name: "private", mode: 0o600, content: "private"},
		{name: "sticky", mode: 0o1644, content: "t"},
		{name: "everyone/", mode: 0o1777},
		{name: "inheriting/", mode: 0o2775},
		{name: "inheriting/file", mode: 0o644, content: "i"},
		{name: "inheriting/directory/", mode: 0o755},
		{name: "empty directory/", mode: 0o755},
		{name: "closed/", mode: 0o700},
		{name: "closed/file", mode: 0o640, content: "c"},
		{name: "read-only/", mode: 0o555},
		{name: "read-only/below/", mode: 0o555},
		{name: "read-only/below/file", mode: 0o444, content: "r"},
		{name: "first name", mode: 0o640, content: "one file"},
		{name: "read-only/second name", twin: "first name"},
		{name: "third name", twin: "first name"},
		{name: "link", target: "plain"},
		{name: "link to directory", target: "read-only/below"},
		{name: "dangling", target: "no/such/file"},
		{name: "outward", target: "../../../etc/passwd"},
		{name: "absolute", target: "/etc/hostname"},
		{name: "loop", target: "loop"},
		{name: "read-only/link", target: "\n odd \u00e9 target"},
		{name: "-dash", mode: 0o644, content: "-"},
		{name: "--checkpoint=1", mode: 0o644, content: "--"},
		{name: "-rf/", mode: 0o755},
		{name: "-rf/-x", mode: 0o644, content: "-x"},
		{name: "new\nline", mode: 0o644, content: "n"},
		{name: "new\nline directory\n/", mode: 0o2755},
		{name: " space ", mode: 0o644, content: "s"},
		{name: "tab\tback\\slash\"quote'$HOME`*?[x]", mode: 0o711, content: "q"},
		{name: "h\u00e9llo \u4e16\u754c \U0001f40b", mode: 0o644, content: "\u00fc"},
		{name: "decomposed e\u0301", mode: 0o644, content: "d"},
		{name: "#hash", mode: 0o644, content: "#"},
		{name: ".hidden/", mode: 0o755},
		{name: ".hidden/.file", mode: 0o644, content: "h"},
		{name: long + "/", mode: 0o755},
		{name: long + "/" + long + "/", mode: 0o555},
		{name: long + "/" + long + "/" + strings.Repeat("n", 255), mode: 0o750, content: "deep"},
		{name: long + "/" + "link", target: long + "/" + long + "/" + long},
		{name: "target-tree/", mode: 0o755},
	}
}

// setIDPrograms have set-user-ID or set-group-ID bits.
func setIDPrograms() []leaf {
	return []leaf{
		{name: "setuid", mode: 0o4755, content: "u"},
		{name: "setgid", mode: 0o2755, content: "g"},
		{name: "read-only setuid", mode: 0o4555, content: "r"},
		{name: "empty setuid", mode: 0o4755},
	}
}

// unreadable are files that only root can read.
func unreadable() []leaf {
	return []leaf{
		{name: "locked", mode: 0o000, content: "nobody may read this"},
		{name: "locked directory/", mode: 0o000},
		{name: "locked directory/file", mode: 0o200, content: "nor this"},
	}
}

// leafTime is long ago, so that no file has it by accident.
var leafTime = time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)

// plant makes the leaves in dir. It sets owners and modes last: changing the owner clears set-ID bits, and a mode may make a directory read-only.
func plant(t *testing.T, dir string, uid int, leaves []leaf) {
	t.Helper()
	for _, l := range leaves {
		if err := l.make(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(dir, uid, uid); err != nil {
		t.Fatal(err)
	}
	for i := len(leaves) - 1; i >= 0; i-- {
		if err := leaves[i].finish(dir, uid); err != nil {
			t.Fatal(err)
		}
	}
}

func (l leaf) make(dir string) error {
	path := filepath.Join(dir, l.name)
	switch {
	case l.target != "":
		return os.Symlink(l.target, path)
	case l.twin != "":
		return os.Link(filepath.Join(dir, l.twin), path)
	case strings.HasSuffix(l.name, "/"):
		return os.Mkdir(path, 0o755)
	default:
		return os.WriteFile(path, []byte(l.content), 0o600)
	}
}

func (l leaf) finish(dir string, uid int) error {
	path := filepath.Join(dir, l.name)
	if l.target != "" {
		return os.Lchown(path, uid, uid)
	}
	if l.twin != "" {
		return nil
	}
	if err := os.Chown(path, uid, uid); err != nil {
		return err
	}
	if err := syscall.Chmod(path, l.mode); err != nil {
		return err
	}
	return os.Chtimes(path, leafTime, leafTime)
}

// plantSpecial makes files that an image can't have.
func plantSpecial(t *testing.T, dir string) {
	t.Helper()
	// The path of a socket is limited to 108 bytes, and the test's directory may be longer.
	t.Chdir(dir)
	socket, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = socket.Close() })
	if err := unix.Mkfifo("pipe", 0o666); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mknod("device", unix.S_IFCHR|0o666, int(unix.Mkdev(1, 3))); err != nil {
		t.Fatal(err)
	}
}

// wanted is the listing of an image that has the leaves below prefix.
func wanted(prefix string, leaves []leaf) map[string]entry {
	all := map[string]entry{prefix: {Kind: "directory", Mode: 0o755}}
	twins := map[string][]string{}
	for _, l := range leaves {
		name := prefix + "/" + strings.TrimSuffix(l.name, "/")
		switch {
		case l.twin != "":
			first := prefix + "/" + l.twin
			twins[first] = append(twins[first], name)
		case l.target != "":
			all[name] = entry{Kind: "link", Target: l.target}
		case strings.HasSuffix(l.name, "/"):
			all[name] = entry{Kind: "directory", Mode: int64(l.mode)}
		default:
			all[name] = entry{Kind: "file", Mode: int64(l.mode), Content: l.content, Time: leafTime}
		}
	}
	for first, others := range twins {
		linkTwins(all, append(others, first))
	}
	return all
}
