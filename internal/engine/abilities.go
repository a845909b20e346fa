package engine

// Abilities is what an engine can do of what the command line offers.
type Abilities struct {
	Name string // the engine and its version, for error texts

	Architectures []string // those of --platform
	ManyOutputs   bool     // one build writes several outputs
	ManyNames     bool     // one archive holds several names
	ManyCaches    bool     // one build exports several caches
	CacheFrom     CacheSpec
	CacheTo       CacheSpec
	Archive       ArchiveSpec // of --output, also for the image that is pushed
}

// CacheSpec is what an engine accepts in --cache-from or --cache-to.
type CacheSpec struct {
	Types []string
	Attrs []string // besides type
}

// ArchiveSpec is what an engine accepts in --output for an image archive.
type ArchiveSpec struct {
	Attrs        []string // besides type and dest
	Compressions []string
}
