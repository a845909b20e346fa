package receive

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// place is where an upload of a test goes.
type place struct {
	t    *testing.T
	root string
	Options
}

func newPlace(t *testing.T) *place {
	t.Helper()
	root := t.TempDir()
	p := &place{t: t, root: root, Options: Options{
		Directories: []string{root + "/workspace/context", root + "/run/upload"}, Events: root + "/events", End: root + "/end",
	}}
	if err := os.WriteFile(p.Events, []byte("ready\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) read(name string) string {
	text, _ := os.ReadFile(filepath.Join(p.root, name))
	return string(text)
}

// entry has a path below the place, or an absolute one.
func (p *place) entry(kind byte, name, content string) tar.Header {
	h := tar.Header{Typeflag: kind, Name: strings.TrimPrefix(p.root, "/") + "/" + name, Mode: 0o644, Linkname: content}
	if kind == tar.TypeReg {
		h.Linkname, h.Size = "", int64(len(content))
		h.PAXRecords = map[string]string{"TEST.content": content}
	}
	if kind == tar.TypeLink {
		h.Linkname = strings.TrimPrefix(p.root, "/") + "/" + content
	}
	return h
}

// payload is a tar stream.
func payload(t *testing.T, entries ...tar.Header) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range entries {
		content := h.PAXRecords["TEST.content"]
		h.PAXRecords = nil
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// upload is a whole upload.
func upload(kind string, payload []byte) []byte {
	return append(frameOf(kind, payload), fmt.Appendf(nil, "end %d %x\n", len(payload), sha256.Sum256(payload))...)
}

func TestReceive(t *testing.T) {
	for _, kind := range []string{"raw", "gzip", "zstd"} {
		t.Run(kind, func(t *testing.T) {
			p := newPlace(t)
			tarred := payload(t, p.entry(tar.TypeReg, "workspace/context/a/b", "content"), p.entry(tar.TypeReg, "run/upload/job", "echo"))
			tarred = append(tarred, "what follows the end of the archive is in the sum"...)
			if err := Receive(bytes.NewReader(upload(kind, tarred)), p.Options); err != nil {
				t.Fatal(err)
			}
			if p.read("workspace/context/a/b") != "content" || p.read("run/upload/job") != "echo" {
				t.Error("a file is missing, or has other content")
			}
			if got := p.read("events"); got != "ready\ntook\n" {
				t.Errorf("events %q", got)
			}
			if got, want := p.read("end"), fmt.Sprintf("%x\n", sha256.Sum256(tarred)); got != want {
				t.Errorf("end marker %q, want %q", got, want)
			}
		})
	}
}

// Each way in which an upload can fail has its reason, and no failure looks like success.
func TestReceiveFailure(t *testing.T) {
	for name, c := range map[string]struct {
		arrange func(p *place)
		stream  func(p *place) []byte
		want    string
	}{
		"cut": {nil, func(p *place) []byte {
			return frameOf("raw", payload(p.t, p.entry(tar.TypeReg, "workspace/context/a", "content")))
		}, errCut.Error()},
		"cut in a file": {nil, func(p *place) []byte {
			return frameOf("raw", payload(p.t, p.entry(tar.TypeReg, "workspace/context/a", strings.Repeat("content", 1000))))[:4000]
		}, errCut.Error()},
		"another checksum": {nil, func(p *place) []byte {
			return append(frameOf("raw", payload(p.t, p.entry(tar.TypeReg, "workspace/context/a", "content"))), "end 0 abc\n"...)
		}, errOther.Error()},
		"no archive": {nil, func(*place) []byte { return upload("raw", bytes.Repeat([]byte("junk"), 1000)) }, "unpack: "},
		"a shorter file": {nil, func(p *place) []byte {
			return upload("raw", payload(p.t, p.entry(tar.TypeReg, "workspace/context/a", strings.Repeat("c", 2000)))[:1024])
		}, "unpack: "},
		"the disk is full": {func(p *place) { p.Events = "/dev/full" }, func(p *place) []byte {
			return upload("raw", payload(p.t, p.entry(tar.TypeReg, "workspace/context/a", "content")))
		}, "no space left on device"},
		"a pipe": {nil, func(p *place) []byte {
			return upload("raw", payload(p.t, p.entry(tar.TypeFifo, "workspace/context/a", "")))
		}, "unexpected type"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			if c.arrange != nil {
				c.arrange(p)
			}
			if err := Receive(bytes.NewReader(c.stream(p)), p.Options); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// A failure is reported at once, although the client still sends.
func TestReceiveFailsEarly(t *testing.T) {
	p := newPlace(t)
	r, w := io.Pipe()
	go func() {
		_, _ = w.Write(frameOf("raw", payload(t, p.entry(tar.TypeReg, "elsewhere", "content"))))
		_, _ = w.Write(frameOf("raw", make([]byte, 2*chunkSize)))
	}()
	if err := Receive(r, p.Options); err == nil || !strings.Contains(err.Error(), "can't write there") {
		t.Errorf("%v", err)
	}
}

// No stream writes outside of the directories of an upload.
func TestEscape(t *testing.T) {
	const in = "workspace/context/"
	type entries = func(p *place) []tar.Header
	for name, attack := range map[string]entries{
		"a name elsewhere": func(p *place) []tar.Header { return []tar.Header{p.entry(tar.TypeReg, "outside/f", "x")} },
		"a name beside":    func(p *place) []tar.Header { return []tar.Header{p.entry(tar.TypeReg, "workspace/context2", "x")} },
		"the parent":       func(p *place) []tar.Header { return []tar.Header{p.entry(tar.TypeReg, in+"../../outside/f", "x")} },
		"the directory itself": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeSymlink, "workspace/context", "../outside")}
		},
		"a directory elsewhere": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeDir, "outside/", "")}
		},
		"through a link": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeSymlink, in+"l", "../../outside"), p.entry(tar.TypeReg, in+"l/f", "x")}
		},
		"through an absolute link": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeSymlink, in+"l", p.root+"/outside"), p.entry(tar.TypeReg, in+"l/f", "x")}
		},
		"through two links": func(p *place) []tar.Header {
			return []tar.Header{
				p.entry(tar.TypeDir, in+"d/", ""), p.entry(tar.TypeSymlink, in+"d/up", "../.."), p.entry(tar.TypeSymlink, in+"l", "d/up/../outside"),
				p.entry(tar.TypeReg, in+"l/f", "x"),
			}
		},
		"a link in the place of the directory that was used last": func(p *place) []tar.Header {
			return []tar.Header{
				p.entry(tar.TypeDir, in+"d/", ""), p.entry(tar.TypeReg, in+"d/e", "x"), p.entry(tar.TypeReg, in+"d/f", "x"), p.entry(tar.TypeSymlink, in+"d", "../../outside"),
				p.entry(tar.TypeReg, in+"d/f", "x"),
			}
		},
		"a directory through a link": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeSymlink, in+"l", "../../outside"), p.entry(tar.TypeDir, in+"l/d/", "")}
		},
		"a hard link to a file elsewhere": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeLink, in+"l", "outside/secret"), p.entry(tar.TypeReg, in+"l", "x")}
		},
		"a hard link through a link": func(p *place) []tar.Header {
			return []tar.Header{p.entry(tar.TypeSymlink, in+"d", "../../outside"), p.entry(tar.TypeLink, in+"l", in+"d/secret")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t)
			outside := p.arrangeOutside()
			if err := Receive(bytes.NewReader(upload("raw", payload(t, attack(p)...))), p.Options); err == nil {
				t.Error("accepted")
			}
			p.checkOutside(outside)
		})
	}
	// The same entries inside: so a link is followed, and the attack is one.
	t.Run("inside", func(t *testing.T) {
		p := newPlace(t)
		stream := payload(t, p.entry(tar.TypeDir, in+"d/", ""), p.entry(tar.TypeSymlink, in+"l", "d"), p.entry(tar.TypeReg, in+"l/f", "x"), p.entry(tar.TypeLink, in+"h", in+"l/f"))
		if err := Receive(bytes.NewReader(upload("raw", stream)), p.Options); err != nil || p.read(in+"d/f") != "x" || p.read(in+"h") != "x" {
			t.Errorf("%v, %q, %q", err, p.read(in+"d/f"), p.read(in+"h"))
		}
	})
	// A link is never written through: what replaces it is a file of its own.
	t.Run("a file in the place of a link", func(t *testing.T) {
		p := newPlace(t)
		outside := p.arrangeOutside()
		stream := payload(t, p.entry(tar.TypeSymlink, in+"l", "../../outside/secret"), p.entry(tar.TypeReg, in+"l", "x"), p.entry(tar.TypeSymlink, in+"d", "../../outside"), p.entry(tar.TypeDir, in+"d/", ""))
		if err := Receive(bytes.NewReader(upload("raw", stream)), p.Options); err != nil || p.read(in+"l") != "x" {
			t.Errorf("%v, %q", err, p.read(in+"l"))
		}
		p.checkOutside(outside)
	})
}

func (p *place) arrangeOutside() unix.Stat_t {
	p.t.Helper()
	err := errors.Join(os.Mkdir(p.root+"/outside", 0o755), os.WriteFile(p.root+"/outside/secret", []byte("secret"), 0o600))
	var stat unix.Stat_t
	if err := errors.Join(err, unix.Lstat(p.root+"/outside", &stat)); err != nil {
		p.t.Fatal(err)
	}
	return stat
}

func (p *place) checkOutside(before unix.Stat_t) {
	p.t.Helper()
	var after, secret unix.Stat_t
	err := errors.Join(unix.Lstat(p.root+"/outside", &after), unix.Lstat(p.root+"/outside/secret", &secret))
	if err != nil || after.Mode != before.Mode || after.Mtim != before.Mtim || after.Nlink != before.Nlink || secret.Nlink != 1 || p.read("outside/secret") != "secret" {
		p.t.Errorf("the directory outside has changed: %v", err)
	}
	if _, err := os.Lstat(p.root + "/workspace/context2"); err == nil {
		p.t.Error("a file beside the directory")
	}
}

// Whatever the archive is, nothing outside changes.
func FuzzReceive(f *testing.F) {
	f.Add([]byte("l"), []byte("../../outside"), []byte("l/f"), byte(tar.TypeSymlink), byte(tar.TypeReg))
	f.Add([]byte("d/.."), []byte("x"), []byte("d/../../x"), byte(tar.TypeDir), byte(tar.TypeLink))
	f.Add([]byte("l"), []byte("/"), []byte("l/outside/secret"), byte(tar.TypeSymlink), byte(tar.TypeSymlink))
	f.Fuzz(func(t *testing.T, first, link, second []byte, kind, next byte) {
		p := newPlace(t)
		outside := p.arrangeOutside()
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		base := strings.TrimPrefix(p.root, "/") + "/workspace/context/"
		for _, h := range []tar.Header{
			{Typeflag: kind, Name: base + string(first), Linkname: string(link), Mode: 0o7777, Format: tar.FormatGNU},
			{Typeflag: next, Name: base + string(second), Linkname: base + string(first), Mode: 0o600, Format: tar.FormatGNU},
		} {
			if w.WriteHeader(&h) != nil {
				return // no tar can say that
			}
		}
		_ = w.Close()
		_ = Receive(bytes.NewReader(upload("raw", b.Bytes())), p.Options)
		p.checkOutside(outside)
	})
}
