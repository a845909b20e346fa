package engine

import (
	"context"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"

	"github.com/moby/buildkit/cache"
	"github.com/moby/buildkit/cache/contenthash"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/snapshot"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/source"
	localsource "github.com/moby/buildkit/source/local"
	"github.com/moby/buildkit/util/progress"
	"github.com/opencontainers/go-digest"
	"github.com/tonistiigi/fsutil"
	"github.com/tonistiigi/fsutil/types"
)

// contextSource copies a build context from its directory. BuildKit's own source receives it over a session, and
// - takes a kept context for the new one where name, size, time and mode are equal;
// - sets a file's mode before its content, which clears the set-user-ID and set-group-ID bits;
// - puts paths into headers, which a path with a line break can't pass.
type contextSource struct {
	cache    cache.Accessor
	contexts map[string]string
}

// own parses what BuildKit says about a context.
func own() source.Source {
	s, _ := localsource.NewSource(localsource.Opt{}) // it never fails
	return s
}

func (s *contextSource) Schemes() []string { return own().Schemes() }

func (s *contextSource) Identifier(scheme, ref string, attrs map[string]string, platform *pb.Platform) (source.Identifier, error) {
	return own().Identifier(scheme, ref, attrs, platform)
}

func (s *contextSource) Resolve(ctx context.Context, id source.Identifier, sessions *session.Manager, vertex solver.Vertex) (source.SourceInstance, error) {
	instance, err := own().Resolve(ctx, id, sessions, vertex)
	if err != nil {
		return nil, err
	}
	local, ok := id.(*localsource.LocalIdentifier)
	if !ok {
		return nil, fmt.Errorf("unexpected source %v", id)
	}
	dir, ok := s.contexts[local.Name]
	if !ok {
		return nil, fmt.Errorf("no build context is called %q", local.Name)
	}
	// The instance's cache key has the session's random id, so that no later build takes this copy for its own.
	return &contextCopy{instance, s.cache, dir, local}, nil
}

type contextCopy struct {
	source.SourceInstance
	cache cache.Accessor
	dir   string
	local *localsource.LocalIdentifier
}

// Snapshot copies the files that the build wants.
func (c *contextCopy) Snapshot(ctx context.Context, _ solver.JobContext) (_ cache.ImmutableRef, err error) {
	ref, err := c.cache.New(ctx, nil, nil, cache.WithRecordType(client.UsageRecordTypeLocalSource), cache.WithDescription("local source for "+c.local.Name))
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, ref.Release(context.WithoutCancel(ctx)))
		}
	}()
	mountable, err := ref.Mount(ctx, false, nil)
	if err != nil {
		return nil, err
	}
	mounter := snapshot.LocalMounter(mountable)
	target, err := mounter.Mount()
	if err != nil {
		return nil, err
	}
	hashes, err := contenthash.GetCacheContext(ctx, ref)
	if err == nil {
		done := progress.OneOff(ctx, "transferring "+c.local.Name)
		err = done(c.copyTo(ctx, target, hashes))
	}
	if err = errors.Join(err, mounter.Unmount()); err != nil {
		return nil, err
	}
	if err := contenthash.SetCacheContext(ctx, ref, hashes); err != nil {
		return nil, err
	}
	return ref.Commit(ctx)
}

// copyTo writes each file's content before its mode, and tells BuildKit the hashes of both.
func (c *contextCopy) copyTo(ctx context.Context, target string, hashes contenthash.CacheContext) error {
	files, err := c.files()
	if err != nil {
		return err
	}
	var sum hash.Hash // of the file at hand
	buffer := make([]byte, 256<<10)
	writer, err := fsutil.NewDiskWriter(ctx, target, fsutil.DiskWriterOpt{
		SyncDataCb: func(_ context.Context, path string, to io.WriteCloser) error {
			from, err := files.Open(path)
			if err != nil {
				return err
			}
			_, err = io.CopyBuffer(io.MultiWriter(to, sum), from, buffer)
			return errors.Join(err, from.Close())
		},
	})
	if err != nil {
		return err
	}
	err = files.Walk(ctx, "", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		stat, ok := info.Sys().(*types.Stat)
		if !ok {
			return fmt.Errorf("%s: unexpected %T", path, info.Sys())
		}
		if sum, err = contenthash.NewFromStat(stat); err != nil {
			return err
		}
		if err := writer.HandleChange(fsutil.ChangeKindAdd, path, info, nil); err != nil {
			return err
		}
		return hashes.HandleChange(fsutil.ChangeKindAdd, path, hashed{info, digest.NewDigest(digest.SHA256, sum)}, nil)
	})
	if err != nil {
		return err
	}
	return writer.Wait(ctx)
}

// hashed is a file with the hash of its content and header.
type hashed struct {
	fs.FileInfo
	digest digest.Digest
}

func (h hashed) Digest() digest.Digest { return h.digest }

// files are those of the context that the build asks for, as root's.
func (c *contextCopy) files() (fsutil.FS, error) {
	all, err := fsutil.NewFS(c.dir)
	if err != nil {
		return nil, err
	}
	wanted, err := fsutil.NewFilterFS(all, &fsutil.FilterOpt{
		IncludePatterns: c.local.IncludePatterns, ExcludePatterns: c.local.ExcludePatterns, FollowPaths: c.local.FollowPaths,
		Map: func(_ string, stat *types.Stat) fsutil.MapResult {
			stat.Uid, stat.Gid = 0, 0
			return fsutil.MapResultKeep
		},
	})
	if err != nil {
		return nil, err
	}
	return fsutil.WithHardlinkReset(wanted), nil
}
