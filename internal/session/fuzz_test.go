package session

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/kubectl-img/kubectl-img/exec"
)

// A result that is read and written again stays the same, and a success has a digest.
func FuzzParseResult(f *testing.F) {
	for _, seed := range []string{
		`{"digest":"sha256:` + strings.Repeat("ab", 32) + `","size":942,"mediaType":"a/b","config":"sha256:` + strings.Repeat("c0", 32) + `"}`, `{"digest":""}`,
		`{"phase":"build","code":7,"error":"exit status 7"}`, `{"phase":"build"}`, `{}`, `null`, `[]`, ``, `{"digest":1}`, `{"phase":"","digest":"x"}`, `{"digest":"x"}{}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseResult(text)
		if err != nil {
			if failed := (*JobError)(nil); errors.As(err, &failed) && !regexp.MustCompile(`^[a-z]+$`).MatchString(failed.Phase) {
				t.Errorf("%q failed in phase %q", text, failed.Phase)
			}
			return
		}
		if !strings.Contains(strings.ToLower(text), "digest") && !strings.Contains(text, `\u`) {
			t.Fatalf("%q is a success without a digest: %+v, %v", text, got, err)
		}
		for _, digest := range []string{got.Digest, got.Config} {
			if digest != "" && !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(digest) {
				t.Errorf("%q has the digest %q", text, digest)
			}
		}
		again, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseResult(string(again)); err != nil || back != got {
			t.Errorf("%q reads %+v, and that written and read %+v, %v", text, got, back, err)
		}
	})
}

// A result event that is read and written again stays the same.
func FuzzParseResultEvent(f *testing.F) {
	for _, seed := range []string{`12 0 {"digest":"x"}`, `0 1 {"phase":"build","code":7,"error":"a b"}`, "-1 0 {}", "1 2", "9223372036854775808 0 {}", "0x1 0 x", "+1 -1 x", "1  2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := parseResultEvent(text)
		if err != nil {
			return
		}
		if got.logBytes < 0 {
			t.Errorf("%q: the log has %d bytes", text, got.logBytes)
		}
		again := fmt.Sprintf("%d %d %s", got.logBytes, got.exitCode, got.result)
		if back, err := parseResultEvent(again); err != nil || back != got {
			t.Errorf("%q reads %+v, and that written and read %+v, %v", text, got, back, err)
		}
		if result, err := got.parse(); err == nil && got.exitCode != 0 {
			t.Errorf("%q is a success: %+v", text, result)
		}
	})
}

// With any events and any cuts of the connections: no panic, every event is handled once and in order, the log is written once to
// the byte, and the result comes after the whole log.
func FuzzTranscript(f *testing.F) {
	digest := `{"digest":"sha256:` + strings.Repeat("ab", 32) + `"}`
	f.Add("line 1\nline 2\n", "ready\nreceiving 1\ntook\nalive\nuploaded\nphase build\nidentity a@b\nphase push\n", digest, []byte{3, 9, 20, 0, 1, 255, 7})
	f.Add("", "refused 1 unpack: no space\nrefused x\nreceiving\n\nphase\n", `{"phase":"build","code":1,"error":"e"}`, []byte{})
	f.Add("\x00\xff\n\n", "alive\nalive\nphase a\nalive\nphase b\n", "nonsense", []byte{1, 1, 1, 1, 1, 1, 1, 1, 1, 1})
	f.Fuzz(func(t *testing.T, log, events, result string, cuts []byte) {
		events = strings.ReplaceAll(events, "result ", "") // the test adds one below
		var want, got []string
		for line := range strings.Lines(events) {
			if name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " "); strings.HasSuffix(line, "\n") && name == "phase" {
				want = append(want, withoutControls(rest))
			}
		}
		if !strings.HasSuffix(events, "\n") {
			events += "\n"
		}
		events += fmt.Sprintf("result %d 0 %s\n", len(log), strings.ReplaceAll(result, "\n", " "))
		var shown bytes.Buffer
		s := New(nil, 0, Handlers{Phase: func(name string) { got = append(got, name) }})
		tr := &transcript{Session: s, log: &shown}
		early := send(tr, log, events, cuts)
		if shown.String() != log {
			t.Errorf("log %q, want %q", shown.String(), log)
		}
		if fmt.Sprint(got[:min(len(got), len(want))]) != fmt.Sprint(want) {
			t.Errorf("phases %q, want %q", got, want)
		}
		if len(s.outcome) != 1 {
			t.Errorf("%d results", len(s.outcome))
		}
		if o := <-s.outcome; o.Err == nil && early {
			t.Error("success was reported before all of the log was there")
		}
	})
}

// send plays the supervisor. Each pair of cuts is a connection that carries that much of the events and of the log; the last connection
// is not cut. What a closed connection still sends must not count. early reports a result that came before the log.

func send(tr *transcript, log, events string, cuts []byte) (early bool) {
	for len(cuts) >= 2 {
		c := tr.open(func() {}, func() {})
		rest := log[tr.position():]
		writePieces(c.stderr(), events[:min(len(events), int(cuts[0]))], int(cuts[1]))
		writePieces(c.stdout(), rest[:min(len(rest), int(cuts[1]))], int(cuts[0]))
		c.close(context.Background())
		writePieces(c.stdout(), "late", 1)
		writePieces(c.stderr(), "phase late\n", 3)
		cuts = cuts[2:]
	}
	c := tr.open(func() {}, func() {})
	rest := log[tr.position():]
	writePieces(c.stderr(), events, 5)
	early = rest != "" && len(tr.outcome) > 0
	writePieces(c.stdout(), rest, 3)
	return early
}

// writePieces writes text in pieces.
func writePieces(w io.Writer, text string, piece int) {
	for text != "" {
		n := min(len(text), piece%7+1)
		_, _ = io.WriteString(w, text[:n])
		text = text[n:]
	}
}

// A fetch succeeds only with exactly the content that the end marker announces.
func FuzzFetch(f *testing.F) {
	content := []byte("0123456789")
	sum := sha256.Sum256(content)
	end := fmt.Sprintf("end %d %s  -\n", len(content), hex.EncodeToString(sum[:]))
	f.Add(content, end, byte(3), byte(3), false)
	f.Add(content, end, byte(0), byte(255), true)
	f.Add([]byte("0123456789 and more"), end, byte(4), byte(40), true)
	f.Add([]byte("012345678"), end, byte(1), byte(1), false)
	f.Add([]byte(""), "end 0 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  -\n", byte(1), byte(1), false)
	f.Add([]byte("x"), "end -1 "+strings.Repeat("a", 64), byte(1), byte(1), true)
	f.Fuzz(func(t *testing.T, data []byte, announced string, piece, pieceOfEnd byte, endFirst bool) {
		s := New(func(_ context.Context, _ []string, st exec.Streams) error {
			if endFirst {
				writePieces(st.Stderr, announced, int(pieceOfEnd))
			}
			writePieces(st.Stdout, string(data), int(piece))
			if !endFirst {
				writePieces(st.Stderr, announced, int(pieceOfEnd))
			}
			return nil
		}, 0, Handlers{})
		var got bytes.Buffer
		if err := s.Fetch(t.Context(), "/output", 1<<20, &got); err != nil {
			return
		}
		sum := sha256.Sum256(got.Bytes())
		if want := fmt.Sprintf("end %d %s", got.Len(), hex.EncodeToString(sum[:])); !strings.HasPrefix(strings.Join(strings.Fields(announced), " "), want) {
			t.Errorf("fetched %q, which was announced as %q", got.String(), announced)
		}
	})
}
