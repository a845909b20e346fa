package session

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kubectl-img/kubectl-img/exec"
)

// Runner runs a command in the builder container; exec.Container.Run is one.
type Runner func(ctx context.Context, argv []string, s exec.Streams) error

// Session is the communication of one build with its pod.
type Session struct {
	run      Runner
	grace    time.Duration // how long the supervisor waits for a client
	handlers Handlers
	onEvents map[string]func(arguments string) error

	connected    chan struct{}    // closed at the supervisor's first event
	uploadEvents chan uploadEvent // about the upload
	progress     chan struct{}    // bytes of the upload have moved
	waiting      chan struct{}    // the pod verifies an earlier try before it takes this one
	outcome      chan Outcome     // the result, once
	released     chan struct{}    // closed when the supervisor is allowed to end
	detaching    chan struct{}    // closed when the supervisor is to continue without a client
	detached     chan struct{}    // closed when it has confirmed that

	connectOnce sync.Once
	detachOnce  sync.Once
	withoutBeat bool        // the supervisor does not count this client
	nodeLost    atomic.Bool // the control plane has lost the pod's node
	leftBehind  atomic.Bool // a part of the log is in the pod only, because the log could not take it
	limits      uploadLimits
}

// Outcome is how a job ended.
type Outcome struct {
	Result Result
	Err    error
}

// Handlers are called on events of the session; each can be nil.
type Handlers struct {
	Ready        func()                                     // the pod has passed the supervisor's check
	Engine       func(answer string) error                  // the engine has said what it is; an error ends the session before anything is sent
	Phase        func(name string)                          // a step of the job begins
	Identity     func(name string)                          // name is the address of the pod's identity in its cloud
	LostOwners   func(report string)                        // the engine could not keep the owners of some files; report has their number and the first of them
	CacheHeld    func(by string)                            // another builder pod uses the cache volume
	UploadBroken func(ctx context.Context, err error) error // the upload broke off and is sent again, unless an error is returned
	Disconnected func(err error)                            // the log broke off and is resumed
}

// Result delivers how the job ended, once.
func (s *Session) Result() <-chan Outcome { return s.outcome }

// Behind reports whether Follow has left a part of the log in the pod, because too much was not shown yet.
func (s *Session) Behind() bool { return s.leftBehind.Load() }

// Detach lets the job continue without a client, and returns once the supervisor has confirmed it. Follow must be running.
func (s *Session) Detach(ctx context.Context) error {
	close(s.detaching)
	select {
	case <-s.detached:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Release tells the supervisor that it can end. Call it once only.
func (s *Session) Release() { close(s.released) }

// onEvent handles a line of the supervisor. It ignores events that it does not know.
func (s *Session) onEvent(line string) error {
	s.connectOnce.Do(func() { close(s.connected) })
	name, arguments, _ := strings.Cut(withoutControls(line), " ")
	if handle, ok := s.onEvents[name]; ok {
		return handle(arguments)
	}
	return nil
}

// uploadEvent is what the supervisor reports about an upload.
type uploadEvent struct {
	name   string
	try    int    // 0 for an upload that was accepted
	reason string // why it was not accepted; of uploadReceiving: takesZstd, or nothing
}

// Limits of an upload. Tests have shorter ones.
const (
	// maxUploads is how often a payload is sent. A try that never reached the pod does not count: it is repeated for as long as the
	// pod waits for a client.
	maxUploads = 3
	// firstUploadPause is the pause before the second try; each further pause is twice as long, up to lastUploadPause.
	firstUploadPause, lastUploadPause = 500 * time.Millisecond, 4 * time.Second
	// beginLimit is how long the pod can take to begin to read an upload, from the supervisor's first event.
	beginLimit = 20 * time.Second
	// silenceLimit is how long an upload can make no progress, here or in the pod, while there is something to send or to verify.
	silenceLimit = time.Minute
	// reasonLimit is how long to wait for the pod's reason after it stopped reading early.
	reasonLimit = 5 * time.Second
)

// uploadLimits are the limits that tests shorten.
type uploadLimits struct{ begin, silence time.Duration }
