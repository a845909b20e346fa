package main

import (
	"testing"
)

// FuzzOwner: any build step may write the attribute. Decoding it gives an owner or an error, and the owner stays the same when it is encoded.
func FuzzOwner(f *testing.F) {
	for _, o := range []owner{{}, {uid: 1, gid: 2}, {uid: 1 << 31, gid: 65534, kind: 0o20000, device: 1<<32 + 3}} {
		f.Add(o.encode())
	}
	f.Add([]byte{0x80})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := decodeOwner(b)
		if err != nil {
			return
		}
		if again, err := decodeOwner(o.encode()); err != nil || again != o {
			t.Errorf("%v became %v (%v)", o, again, err)
		}
	})
}

// FuzzLinks does the same for the owners of links.
func FuzzLinks(f *testing.F) {
	f.Add(linkOwners{nameKey("a"): {uid: 1, gid: 2}, nameKey("b"): {uid: 1 << 31}}.encode())
	f.Fuzz(func(t *testing.T, b []byte) {
		l := decodeLinks(b)
		again := decodeLinks(l.encode())
		if len(again) != len(l) {
			t.Fatalf("%d entries became %d", len(l), len(again))
		}
		for key, o := range l {
			if again[key] != o {
				t.Errorf("%x: %v became %v", key, o, again[key])
			}
		}
	})
}
