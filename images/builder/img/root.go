package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/moby/buildkit/util/bklog"
	resolverconfig "github.com/moby/buildkit/util/resolver/config"
	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/kubectl-img/kubectl-img/images/builder/img/engine"
	"github.com/kubectl-img/kubectl-img/images/builder/img/login"
	"github.com/kubectl-img/kubectl-img/images/builder/img/namespace"
	"github.com/kubectl-img/kubectl-img/images/builder/img/runc"
)

// global is what every verb that opens a state takes.
type global struct {
	state, backend string
	debug          bool
	plainHTTP      []string
	mirrors        []string
	slots          []string
}

func defaultState(env func(string) string) string {
	for _, dir := range filepath.SplitList(env("XDG_DATA_HOME")) {
		return filepath.Join(dir, "img")
	}
	if home := env("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "img")
	}
	return "/tmp/img"
}

// runtimeDir is for what must not outlive the machine. It is in memory where the environment names one.
func (g *global) runtimeDir() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return dir
	}
	return filepath.Join(g.state, "buildkit", "runtime")
}

// exitError is the engine's end, which has been reported by itself.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// action is what a verb does once it is the engine.
type action func(ctx context.Context, args []string) error

// inEngine runs an action in the engine. The process that people start becomes the one that holds their logins.
func inEngine(g *global, do action) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := g.check(); err != nil {
			return err
		}
		serve := func(engine io.ReadWriteCloser) { login.Serve(engine, os.Stderr) }
		switch {
		case len(g.slots) > 0: // build steps run in other containers, and find nothing of this process
			namespace.Stay(serve)
			return do(cmd.Context(), args)
		case namespace.InEngine():
			return do(cmd.Context(), args)
		}
		return enter(serve)
	}
}

// enter runs this command in the engine, whose exit code becomes ours.
func enter(serve func(io.ReadWriteCloser)) error {
	code, err := namespace.Enter(serve)
	if err == nil && code != 0 {
		err = exitError(code)
	}
	return err
}

func (g *global) check() error {
	switch g.backend {
	case "auto", "overlayfs", "native":
	default:
		return fmt.Errorf("unknown backend %q: want auto, overlayfs or native", g.backend)
	}
	if g.debug {
		bklog.L.Logger.SetLevel(logrus.DebugLevel)
	} else {
		bklog.L.Logger.SetLevel(logrus.ErrorLevel)
	}
	if len(g.slots) > 0 && !engine.Mountless {
		return errors.New("this img was compiled without slots: see images/builder/compile.sh")
	}
	_, err := g.registries()
	return err
}

func (g *global) registries() (map[string]resolverconfig.RegistryConfig, error) {
	hosts := map[string]resolverconfig.RegistryConfig{}
	for _, host := range g.plainHTTP {
		plain := true
		hosts[host] = resolverconfig.RegistryConfig{PlainHTTP: &plain}
	}
	for _, pair := range g.mirrors {
		host, mirror, ok := strings.Cut(pair, "=")
		if !ok || host == "" || mirror == "" {
			return nil, fmt.Errorf("invalid mirror %q: want HOST=MIRROR", pair)
		}
		entry := hosts[host]
		entry.Mirrors = append(entry.Mirrors, mirror)
		hosts[host] = entry
	}
	return hosts, nil
}

// hidden lists files and directories that a build step must not find, whatever it gets hold of in the engine's mounts. The pod's supervisor names
// them in the environment, since other engines don't know the flag.
func hidden() []string {
	return filepath.SplitList(os.Getenv("IMG_HIDE"))
}

// open opens the state. What is in keep, the verb still needs.
func (g *global) open(ctx context.Context, o engine.Options, keep ...string) (*engine.Engine, error) {
	registries, err := g.registries()
	if err != nil {
		return nil, err
	}
	o.StateDir, o.Backend, o.Registries = g.state, g.backend, registries
	o.Ephemeral = os.Getenv("IMG_EPHEMERAL") != ""
	if g.state, err = filepath.Abs(g.state); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(g.state, 0o755); err != nil {
		return nil, err
	}
	o.Slots = g.slots
	keep = append(keep, g.state, os.Getenv("SSL_CERT_FILE"), os.Getenv("SSL_CERT_DIR"))
	if len(o.Slots) == 0 {
		if err := namespace.Hide(hidden(), keep); err != nil {
			return nil, err
		}
	}
	o.RuntimeDir = g.runtimeDir() // BuildKit makes mount points there; Hide may have covered it
	if err := os.MkdirAll(o.RuntimeDir, 0o700); err != nil {
		return nil, err
	}
	if len(o.Slots) > 0 {
		return engine.Open(ctx, o)
	}
	if o.Runtime, err = runc.Link(filepath.Join(g.state, "buildkit", "run")); err != nil {
		return nil, err
	}
	return engine.Open(ctx, o)
}

// with runs do on an open state.
func (g *global) with(ctx context.Context, do func(*engine.Engine) error) error {
	e, err := g.open(ctx, engine.Options{})
	if err != nil {
		return err
	}
	return errors.Join(do(e), e.Close())
}
