// Package cache names the files that the test cluster keeps on disk, and makes the directories they are in.
package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// Key is a hash of everything that decides the content of a cached file.
type Key struct {
	sum hash.Hash
	err error
}

// NewKey returns the key of some texts.
func NewKey(parts ...string) *Key {
	return (&Key{sum: sha256.New()}).Text(parts...)
}

// Text adds texts to the key, which it returns.
func (k *Key) Text(parts ...string) *Key {
	for _, part := range parts {
		fmt.Fprintf(k.sum, "%d:%s", len(part), part)
	}
	return k
}

// Files adds the contents of files to the key, which it returns. Err tells whether all of them could be read.
func (k *Key) Files(paths ...string) *Key {
	for _, path := range paths {
		file, err := os.Open(path)
		if err != nil {
			k.err = err
			return k
		}
		sum := sha256.New()
		_, err = io.Copy(sum, file)
		_ = file.Close()
		if err != nil {
			k.err = err
		}
		k.Text(hex.EncodeToString(sum.Sum(nil)))
	}
	return k
}

// Err is the error of a file that could not be read.
func (k *Key) Err() error { return k.err }

// String is part of a file name: sixteen hexadecimal digits.
func (k *Key) String() string {
	return hex.EncodeToString(k.sum.Sum(nil))[:16]
}
