package steps

import (
	"fmt"
	"io"
	"net"

	"golang.org/x/sys/unix"

	"github.com/kubectl-img/kubectl-img/images/builder/img/tree"
)

// listen makes a socket in the slot that leads to one of ours, such as the one of an SSH agent.
func (g *guest) listen(info tree.Info) error {
	at := fmt.Sprintf("/proc/self/fd/%d/%s", g.place.Dir, g.place.Name)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: at, Net: "unix"})
	if err != nil {
		return err
	}
	listener.SetUnlinkOnClose(false) // what has the name then may be the step's
	g.listener = listener
	if err := unix.Fchownat(g.place.Dir, g.place.Name, int(info.UID), int(info.GID), unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return err
	}
	if err := unix.Fchmodat(g.place.Dir, g.place.Name, info.Mode&0o7777, 0); err != nil {
		return err
	}
	go func() {
		for {
			c, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			go connect(c, g.path)
		}
	}()
	return nil
}

func connect(c *net.UnixConn, path string) {
	defer c.Close()
	to, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, c)
		_ = to.CloseWrite()
	}()
	_, _ = io.Copy(c, to)
}

// guest is a mount's content in the slot.
type guest struct {
	*source
	place    tree.Place
	existed  bool
	id       tree.ID
	sameDisk bool         // it is on the file system of the slot's root directory
	held     int          // descriptor of the directory or file, so that its number is not used again; or -1
	mirror   *tree.Mirror // of a directory
	listener net.Listener // for a socket
}

type guests []*guest
