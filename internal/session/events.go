package session

import (
	"fmt"
	"strconv"
	"strings"
)

// Events that a transcript takes.
const (
	eventResult = "result"
	eventAlive  = "alive" // not counted: each connection has its own
)

// eventTable has all other events of the supervisor.
func (s *Session) eventTable() map[string]func(arguments string) error {
	return map[string]func(string) error{
		"ready": func(string) error {
			if s.handlers.Ready != nil {
				s.handlers.Ready()
			}
			return nil
		},
		"engine": func(answer string) error {
			if s.handlers.Engine == nil {
				return nil
			}
			return s.handlers.Engine(answer)
		},
		"held":            textHandler(&s.handlers.CacheHeld),
		"phase":           textHandler(&s.handlers.Phase),
		"identity":        textHandler(&s.handlers.Identity),
		"losses":          textHandler(&s.handlers.LostOwners),
		uploadReceiving:   s.uploadHandler(uploadReceiving),
		uploadNotAccepted: s.uploadHandler(uploadNotAccepted),
		uploadDiskFull:    s.uploadHandler(uploadDiskFull),
		uploadAccepted: func(string) error {
			s.onUploadEvent(uploadEvent{name: uploadAccepted})
			return nil
		},
		"took": func(string) error {
			notify(s.progress)
			return nil
		},
		"waiting": func(string) error {
			notify(s.waiting)
			return nil
		},
		"detached": func(string) error {
			s.detachOnce.Do(func() { close(s.detached) })
			return nil
		},
	}
}

func textHandler(handle *func(text string)) func(string) error {
	return func(arguments string) error {
		if *handle != nil {
			(*handle)(arguments)
		}
		return nil
	}
}

// The names of the events about an upload, as the supervisor sends them.
const (
	uploadReceiving   = "receiving"
	uploadAccepted    = "uploaded"
	uploadNotAccepted = "refused"
	uploadDiskFull    = "full"
)

// takesZstd is the argument of uploadReceiving for a pod that takes frames that are compressed with zstd.
const takesZstd = "zstd"

// uploadHandler reads "TRY REASON".
func (s *Session) uploadHandler(name string) func(string) error {
	return func(arguments string) error {
		number, reason, _ := strings.Cut(arguments, " ")
		try, err := strconv.Atoi(number)
		if err != nil {
			return fmt.Errorf("read the supervisor's word %.100q: %w", name+" "+arguments, err)
		}
		s.onUploadEvent(uploadEvent{name, try, reason})
		return nil
	}
}

// onUploadEvent never blocks: the channel has room for all events of all tries.
func (s *Session) onUploadEvent(e uploadEvent) {
	select {
	case s.uploadEvents <- e:
	default:
	}
}

// notify never blocks: c has room for one word, which stands for all that were not heard yet.
func notify(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
