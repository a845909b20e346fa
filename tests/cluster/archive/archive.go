// Package archive reads tar archives: layers, exported images and releases.
package archive

import (
	"archive/tar"
	"errors"
	"io"
)

// Each calls each with every entry, in the archive's order, until the end or an error of each.
func Each(r io.Reader, each func(header *tar.Header, content io.Reader) error) error {
	for archive := tar.NewReader(r); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(header, archive); err != nil {
			return err
		}
	}
}

// Files returns the content of every entry by its name. A directory has none.
func Files(r io.Reader) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := Each(r, func(header *tar.Header, content io.Reader) (err error) {
		files[header.Name], err = io.ReadAll(content)
		return err
	})
	return files, err
}
