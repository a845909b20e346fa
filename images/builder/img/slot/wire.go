// Package slot runs commands in another container. Its agent is process 1 of a container that has nothing of its own but what the kubelet mounts;
// the engine fills the container's root directory through a descriptor that the agent hands over, and has the agent run a build step there.
package slot

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// Command is a process that the agent starts.
type Command struct {
	Args, Env []string
	Dir       string
	UID, GID  uint32
	Groups    []uint32
	Limits    []Limit
}

// Limit is a resource limit, by its number in setrlimit(2).
type Limit struct {
	Resource   int
	Soft, Hard uint64
}

// Result is how a command has ended.
type Result struct {
	Code  int    // its exit code, or 128 and the number of the signal that ended it
	OOM   bool   // the kernel killed a process of the container for want of memory
	Error string // why it could not be started, or what the agent could not put right afterwards
}

// message is what both sides send. One field is set.
type message struct {
	Hello   *hello   `json:",omitempty"`
	Command *Command `json:",omitempty"`
	Signal  int      `json:",omitempty"`
	Result  *Result  `json:",omitempty"`
}

const (
	// maxMessage is the size in bytes of the longest message: a kernel takes 2 MiB of arguments and environment, and JSON escapes some.
	maxMessage = 16 << 20
	maxFiles   = 3
)

// send writes a message and hands over descriptors with it.
func send(c *net.UnixConn, m message, files ...*os.File) error {
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	var rights []byte
	if len(files) > 0 {
		var fds []int
		for _, file := range files {
			fds = append(fds, int(file.Fd()))
		}
		rights = unix.UnixRights(fds...)
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(text)))
	if _, _, err := c.WriteMsgUnix(frame, rights, nil); err != nil {
		return err
	}
	_, err = c.Write(text)
	return err
}

// receive reads a message and the descriptors that came with it.
func receive(c *net.UnixConn) (m message, files []*os.File, err error) {
	defer func() {
		if err != nil {
			closeAll(files)
		}
	}()
	frame, rights := make([]byte, 4), make([]byte, unix.CmsgSpace(4*maxFiles))
	n, r, _, _, err := c.ReadMsgUnix(frame, rights)
	if err != nil {
		return m, nil, err
	}
	if n == 0 {
		return m, nil, io.EOF
	}
	if files, err = parseRights(rights[:r]); err != nil {
		return m, files, err
	}
	if _, err := io.ReadFull(c, frame[n:]); err != nil {
		return m, files, err
	}
	size := binary.BigEndian.Uint32(frame)
	if size > maxMessage {
		return m, files, fmt.Errorf("message of %d bytes", size)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(c, text); err != nil {
		return m, files, err
	}
	return m, files, json.Unmarshal(text, &m)
}

func parseRights(data []byte) (files []*os.File, err error) {
	if len(data) == 0 {
		return nil, nil
	}
	messages, err := unix.ParseSocketControlMessage(data)
	for _, m := range messages {
		fds, parseErr := unix.ParseUnixRights(&m)
		err = errors.Join(err, parseErr)
		for _, fd := range fds {
			unix.CloseOnExec(fd)
			files = append(files, os.NewFile(uintptr(fd), "received"))
		}
	}
	return files, err
}

func closeAll(files []*os.File) {
	for _, file := range files {
		_ = file.Close()
	}
}

// hello is what both sides exchange before anything else.
type hello struct {
	Nonce []byte   `json:",omitempty"`
	Keyed bool     `json:",omitempty"` // the agent has a key
	Proof []byte   `json:",omitempty"`
	Key   []byte   `json:",omitempty"`
	Lacks []string `json:",omitempty"` // capabilities that the agent needs and does not have
}

// ErrEnded is what a connection says whose agent is gone.
var ErrEnded = errors.New("the container of build steps has ended")
