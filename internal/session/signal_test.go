//go:build linux

package session

import (
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Signals that ask the container to end stop the build with a report. Other signals have no effect.
func TestSignal(t *testing.T) {
	// The supervisor would inherit an ignored SIGHUP, which nohup sets.
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, unix.SIGHUP)
	t.Cleanup(func() { signal.Stop(hup) })
	const stopped, abandoned, ignored = "stopped", "abandoned", ""
	does := map[syscall.Signal]string{
		unix.SIGTERM: stopped, unix.SIGINT: stopped, unix.SIGHUP: stopped, unix.SIGQUIT: stopped, // an image can have any of them as its STOPSIGNAL
		unix.SIGUSR1: abandoned, // the leash sends it
		unix.SIGUSR2: ignored, unix.SIGPIPE: ignored, unix.SIGALRM: ignored,
	}
	codes := map[string]int{stopped: 143, abandoned: 1}
	eachShell(t, func(t *testing.T, shell []string) {
		for _, state := range []string{waiting, receiving, running, concluded} {
			for s, phase := range does {
				t.Run(state+"/"+unix.SignalName(s), func(t *testing.T) {
					l := startLife(t, shell, state)
					l.signal(l.init, s)
					if phase == ignored {
						l.finish(state)
						return
					}
					l.await("end", l.over)
					if state == concluded {
						l.checkEnd(0, "") // the result does not change
						return
					}
					l.checkEnd(codes[phase], phase)
				})
			}
		}
	})
}

func TestSignalDuringTheCheck(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		c := startContainer(t, shell, "PROBE=sleep 1000")
		c.one("sleep 1000")
		c.signal(c.init, unix.SIGTERM)
		c.await("end", c.over)
		(&life{container: c}).checkEnd(143, "stopped")
	})
}

// The supervisor reports exactly one result, and exits as the result says.
func TestSignalAtAnyMoment(t *testing.T) {
	eachShell(t, func(t *testing.T, shell []string) {
		random := rand.New(rand.NewPCG(7, 8))
		for range 15 {
			l := startLife(t, shell, running)
			l.release(0)
			// The interesting moments are those around the result.
			after := time.Duration(random.IntN(300)) * time.Millisecond
			<-time.After(after)
			for !l.over() {
				_ = syscall.Kill(l.init, unix.SIGTERM) // many signals, so that one hits each moment
				<-time.After(time.Millisecond)
			}
			if n := strings.Count(l.read("run/events"), "result "); n != 1 {
				t.Errorf("%d results after %s: %s", n, after, l.read("run/events"))
			}
			phase, code := "", 0
			if l.said("stopped") {
				phase, code = "stopped", 143
			}
			l.checkEnd(code, phase)
		}
	})
}
