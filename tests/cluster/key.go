package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
)

// key collects everything that decides what a cached file contains.
type key struct {
	sum hash.Hash
	err error
}

func newKey(parts ...string) *key {
	return (&key{sum: sha256.New()}).text(parts...)
}

func (k *key) text(parts ...string) *key {
	for _, part := range parts {
		fmt.Fprintf(k.sum, "%d:%s", len(part), part)
	}
	return k
}

func (k *key) files(paths ...string) *key {
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
		k.text(hex.EncodeToString(sum.Sum(nil)))
	}
	return k
}

func (k *key) String() string {
	return hex.EncodeToString(k.sum.Sum(nil))[:16]
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil || !os.IsNotExist(err)
}
