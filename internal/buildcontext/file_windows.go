package buildcontext

import "io/fs"

// nonBlocking is not needed: no directory has pipes.
const nonBlocking = 0

// fileID is the same for all names of a file.
type fileID struct{ dev, ino uint64 }

// linkID always returns false: like docker, a Windows client sends hard links as files.
func linkID(fs.FileInfo) (fileID, bool) { return fileID{}, false }
