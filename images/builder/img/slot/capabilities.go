package slot

import (
	"golang.org/x/sys/unix"
)

// needed are the capabilities of a container for build steps, by their numbers in the kernel.
var needed = []struct {
	number uint
	name   string
}{
	{unix.CAP_CHOWN, "CHOWN"},
	{unix.CAP_DAC_OVERRIDE, "DAC_OVERRIDE"},
	{unix.CAP_FOWNER, "FOWNER"},
	{unix.CAP_FSETID, "FSETID"},
	{unix.CAP_KILL, "KILL"}, // else a process of another user outlives its step
	{unix.CAP_SETGID, "SETGID"},
	{unix.CAP_SETUID, "SETUID"},
	{unix.CAP_SETFCAP, "SETFCAP"},
	{unix.CAP_SYS_CHROOT, "SYS_CHROOT"},
}

// lacking returns the names of the capabilities that this process needs and does not have.
func lacking() ([]string, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range needed {
		if data[0].Effective&(1<<c.number) == 0 {
			names = append(names, c.name)
		}
	}
	return names, nil
}
