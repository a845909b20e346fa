// Package engine is BuildKit in this process. This file is the only one that calls constructors which BuildKit keeps for itself; they change
// with its versions.
package engine

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"

	"github.com/containerd/containerd/v2/core/images"
	ctdmetadata "github.com/containerd/containerd/v2/core/metadata"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/platforms"
	"github.com/moby/buildkit/cache/metadata"
	"github.com/moby/buildkit/cache/remotecache"
	inlinecache "github.com/moby/buildkit/cache/remotecache/inline"
	localcache "github.com/moby/buildkit/cache/remotecache/local"
	registrycache "github.com/moby/buildkit/cache/remotecache/registry"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildkitd/config"
	"github.com/moby/buildkit/control"
	"github.com/moby/buildkit/executor/resources"
	"github.com/moby/buildkit/frontend"
	dockerfile "github.com/moby/buildkit/frontend/dockerfile/builder"
	"github.com/moby/buildkit/frontend/gateway"
	"github.com/moby/buildkit/frontend/gateway/forwarder"
	"github.com/moby/buildkit/session"
	containerdsnapshot "github.com/moby/buildkit/snapshot/containerd"
	"github.com/moby/buildkit/solver"
	"github.com/moby/buildkit/solver/bboltcachestorage"
	"github.com/moby/buildkit/solver/pb"
	"github.com/moby/buildkit/util/db/boltutil"
	"github.com/moby/buildkit/util/grpcerrors"
	"github.com/moby/buildkit/util/leaseutil"
	"github.com/moby/buildkit/util/network"
	"github.com/moby/buildkit/util/resolver"
	"github.com/moby/buildkit/version"
	"github.com/moby/buildkit/worker"
	"github.com/moby/buildkit/worker/base"
	ocispecs "github.com/opencontainers/image-spec/specs-go/v1"
	bolt "go.etcd.io/bbolt"
	"google.golang.org/grpc"
	"google.golang.org/grpc/test/bufconn"
)

// Engine is an open state directory.
type Engine struct {
	*client.Client
	Log      *StepLog
	worker   *base.Worker
	sessions *session.Manager
	close    []func() error
}

// Open takes the state directory for this process alone. Close gives it back.
func Open(ctx context.Context, o Options) (_ *Engine, err error) {
	e := &Engine{Log: NewStepLog()}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close())
		}
	}()
	for _, limit := range []string{"BUILDKIT_STEP_LOG_MAX_SIZE", "BUILDKIT_STEP_LOG_MAX_SPEED"} {
		if err := os.Setenv(limit, "-1"); err != nil { // BuildKit would cut a step's output at 2 MiB
			return nil, err
		}
	}
	root := filepath.Join(o.StateDir, "buildkit")
	unlock, err := lock(root)
	if err != nil {
		return nil, err
	}
	e.close = append(e.close, unlock)
	if len(o.Slots) > 0 {
		if err := o.guardNames(); err != nil {
			return nil, err
		}
	}
	if e.sessions, err = session.NewManager(); err != nil {
		return nil, err
	}
	opt, err := workerOptions(ctx, root, o)
	if err != nil {
		return nil, err
	}
	if slots, ok := opt.Executor.(io.Closer); ok {
		e.close = append(e.close, slots.Close)
	}
	opt.Executor = loggedExecutor{opt.Executor, e.Log}
	if e.worker, err = base.NewWorker(ctx, opt); err != nil {
		return nil, err
	}
	e.worker.SourceManager.Register(&contextSource{e.worker.CacheMgr, o.Contexts})
	controller, err := e.controller(root, o)
	if err != nil {
		return nil, err
	}
	return e, e.serve(ctx, controller)
}

// Close releases everything, the last thing first.
func (e *Engine) Close() error {
	var errs []error
	for i := len(e.close) - 1; i >= 0; i-- {
		errs = append(errs, e.close[i]())
	}
	e.close = nil
	return errors.Join(errs...)
}

// workerOptions is runc.NewWorkerOpt with an image store on the same metadata.
func workerOptions(ctx context.Context, root string, o Options) (base.WorkerOpt, error) {
	bolt.DefaultOptions.NoSync = o.Ephemeral // NewSnapshotter takes no options of its database
	storage, err := o.storage(root)
	if err != nil {
		return base.WorkerOpt{}, err
	}
	name := storage.name
	root = storage.root
	monitor, err := resources.NewMonitor()
	if err != nil {
		return base.WorkerOpt{}, err
	}
	// BuildKit's own list has a proxy, too, for steps in a network namespace. Its keys take 100 ms, and the pods' seccomp profile denies the namespace.
	host := network.NewHostProvider()
	networks := map[pb.NetMode]network.Provider{pb.NetMode_UNSET: host, pb.NetMode_HOST: host, pb.NetMode_NONE: network.NewNoneProvider()}
	executor, err := o.executor(root, networks, monitor)
	if err != nil {
		return base.WorkerOpt{}, err
	}
	blobs, err := local.NewStore(filepath.Join(root, "content"))
	if err != nil {
		return base.WorkerOpt{}, err
	}
	db, err := boltutil.Open(filepath.Join(root, "containerdmeta.db"), 0o600, o.database())
	if err != nil {
		return base.WorkerOpt{}, err
	}
	data := ctdmetadata.NewDB(db, blobs, map[string]snapshots.Snapshotter{name: storage.Snapshotter})
	if err := data.Init(ctx); err != nil {
		return base.WorkerOpt{}, err
	}
	cache, err := metadata.NewStore(filepath.Join(root, "metadata_v2.db"))
	if err != nil {
		return base.WorkerOpt{}, err
	}
	// NewStore takes no options of its database.
	if err := cache.DB().View(func(tx *bolt.Tx) error { tx.DB().NoSync = o.Ephemeral; return nil }); err != nil {
		return base.WorkerOpt{}, err
	}
	id, err := base.ID(root)
	if err != nil {
		return base.WorkerOpt{}, err
	}
	content := containerdsnapshot.NewContentStore(data.ContentStore(), Namespace)
	return base.WorkerOpt{
		ID: id, Root: root, Labels: map[string]string{}, MetadataStore: cache, ContentMetadata: db,
		NetworkProviders: networks, Executor: executor,
		Snapshotter: containerdsnapshot.NewSnapshotter(name, data.Snapshotter(name), Namespace, nil), ContentStore: content,
		Applier:       storage.applier(content),
		Differ:        storage.differ(content),
		ImageStore:    imageStore{ctdmetadata.NewImageStore(data)},
		Platforms:     []ocispecs.Platform{platforms.Normalize(platforms.DefaultSpec())},
		LeaseManager:  leaseutil.WithNamespace(ctdmetadata.NewLeaseManager(data), Namespace),
		RegistryHosts: o.guarded(resolver.NewRegistryConfig(o.Registries)), BuildkitVersion: client.BuildkitVersion{Version: version.Version},
		GarbageCollect: data.GarbageCollect, MountPoolRoot: filepath.Join(root, "cachemounts"), ResourceMonitor: monitor,
	}, nil
}

func (e *Engine) controller(root string, o Options) (*control.Controller, error) {
	workers := &worker.Controller{}
	if err := workers.Add(o.worker(e.worker)); err != nil {
		return nil, err
	}
	foreign, err := gateway.NewGatewayFrontend(workers.Infos(), nil)
	if err != nil {
		return nil, err
	}
	results, err := bboltcachestorage.NewStore(filepath.Join(root, "cache.db"))
	if err != nil {
		return nil, err
	}
	history, err := boltutil.SafeOpen(filepath.Join(root, "history.db"), 0o600, o.database())
	if err != nil {
		return nil, err
	}
	hosts, none := e.worker.RegistryHosts, int64(0)
	return control.NewController(control.Opt{
		SessionManager: e.sessions, WorkerController: workers,
		Frontends: map[string]frontend.Frontend{
			"dockerfile.v0": forwarder.NewGatewayForwarder(workers.Infos(), dockerfile.Build), "gateway.v0": checkedFrontend{foreign, o.Frontends},
		},
		CacheManager: solver.NewCacheManager(context.Background(), "local", results, worker.NewCacheResultStorage(workers)),
		ResolveCacheExporterFuncs: map[string]remotecache.ResolveCacheExporterFunc{
			"registry": registrycache.ResolveCacheExporterFunc(e.sessions, hosts),
			"local":    localcache.ResolveCacheExporterFunc(e.sessions), "inline": inlinecache.ResolveCacheExporterFunc(),
		},
		ResolveCacheImporterFuncs: map[string]remotecache.ResolveCacheImporterFunc{
			"registry": registrycache.ResolveCacheImporterFunc(e.sessions, e.worker.ContentStore(), hosts),
			"local":    localcache.ResolveCacheImporterFunc(e.sessions),
		},
		HistoryDB: history, HistoryConfig: &config.HistoryConfig{MaxEntries: &none}, CacheStore: results,
		LeaseManager: e.worker.LeaseManager(), ContentStore: e.worker.ContentStore(), GarbageCollect: e.worker.GarbageCollect,
	})
}

// serve connects the client with the controller, in memory: there is no socket that a build step could find.
func (e *Engine) serve(ctx context.Context, controller *control.Controller) error {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer( // errors keep their details, such as the place in the Dockerfile
		grpc.UnaryInterceptor(grpcerrors.UnaryServerInterceptor), grpc.StreamInterceptor(grpcerrors.StreamServerInterceptor))
	controller.Register(server)
	go func() { _ = server.Serve(listener) }()
	e.close = append(e.close, controller.Close, func() error { server.Stop(); return nil })
	var err error
	e.Client, err = client.New(ctx, "passthrough:///engine", client.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	}))
	if err == nil {
		e.close = append(e.close, e.Client.Close)
	}
	return err
}

// Images returns the store of named images.
func (e *Engine) Images() images.Store { return e.worker.ImageStore }

// Content returns the store of all blobs.
func (e *Engine) Content() *containerdsnapshot.Store { return e.worker.ContentStore() }
