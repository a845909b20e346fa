//go:build !unix

package localfile

import (
	"errors"
	"io/fs"
	"os"
)

// writable can't be known on this system without trying; the write itself will tell.
func writable(string) error { return nil }

func keepGroup(*os.File, fs.FileInfo) error { return nil }

func checkTerminal(string) error { return nil }

func isShared(fs.FileInfo) bool { return false }

var errNoDescriptors = errors.New("this system has no paths for descriptors")

func checkDescriptor(int) error { return errNoDescriptors }

func openDescriptor(int) (*os.File, error) { return nil, errNoDescriptors }
