package main

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// change carries out a call by which a process becomes somebody else, by the kernel's rules for who may.
func (r *request) change(to func(i *identity) bool) verdict {
	i := r.ids.of(r)
	i.groups = slices.Clone(i.groups)
	if !to(&i) {
		return verdict{errno: unix.EPERM}
	}
	r.ids.set(r, i)
	return done
}

// privileged stands for CAP_SETUID and CAP_SETGID.
func (i *identity) privileged() bool { return i.uid[effective] == 0 }

func setuid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.one(&i.uid, r.id32(0)) })
}

func setgid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.one(&i.gid, r.id32(0)) })
}

// one is setuid and setgid: root changes them all, others may take back their real or saved id.
func (i *identity) one(ids *[4]uint32, id uint32) bool {
	switch {
	case i.privileged():
		*ids = [4]uint32{id, id, id, id}
	case id == ids[actual] || id == ids[saved]:
		ids[effective], ids[filesystem] = id, id
	default:
		return false
	}
	return true
}

func setresuid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.three(&i.uid, r.id32(0), r.id32(1), r.id32(2)) })
}

func setresgid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.three(&i.gid, r.id32(0), r.id32(1), r.id32(2)) })
}

// three is setresuid and setresgid.
func (i *identity) three(ids *[4]uint32, wanted ...uint32) bool {
	before, privileged := *ids, i.privileged()
	for n, id := range wanted {
		if id == same {
			continue
		}
		if !privileged && !slices.Contains(before[:filesystem], id) {
			*ids = before
			return false
		}
		ids[n] = id
	}
	ids[filesystem] = ids[effective]
	return true
}

func setreuid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.two(&i.uid, r.id32(0), r.id32(1)) })
}

func setregid(r *request) verdict {
	return r.change(func(i *identity) bool { return i.two(&i.gid, r.id32(0), r.id32(1)) })
}

// two is setreuid and setregid, which keep the effective id as the saved one when the real one changes.
func (i *identity) two(ids *[4]uint32, newReal, newEffective uint32) bool {
	before := *ids
	allowed := i.privileged() ||
		(newReal == same || newReal == before[actual] || newReal == before[effective]) &&
			(newEffective == same || slices.Contains(before[:filesystem], newEffective))
	if !allowed {
		return false
	}
	if newReal != same {
		ids[actual] = newReal
	}
	if newEffective != same {
		ids[effective] = newEffective
	}
	if newReal != same || newEffective != same && newEffective != before[actual] {
		ids[saved] = ids[effective]
	}
	ids[filesystem] = ids[effective]
	return true
}

func setfsuid(r *request) verdict { return r.setfs(func(i *identity) *[4]uint32 { return &i.uid }) }
func setfsgid(r *request) verdict { return r.setfs(func(i *identity) *[4]uint32 { return &i.gid }) }

// setfs answers with the id before, whether or not it changed.
func (r *request) setfs(which func(*identity) *[4]uint32) verdict {
	id := r.id32(0)
	var before uint32
	r.change(func(i *identity) bool {
		ids := which(i)
		before = ids[filesystem]
		if id != same && (i.privileged() || slices.Contains(ids[:], id)) {
			ids[filesystem] = id
		}
		return true
	})
	return verdict{value: int64(before)}
}

// maxGroups is the kernel's NGROUPS_MAX.
const maxGroups = 65536

func setgroups(r *request) verdict {
	n := r.flags(0)
	if n < 0 || n > maxGroups {
		return verdict{errno: unix.EINVAL}
	}
	list, err := r.numbers(r.args[1], n)
	if err != nil {
		return failed(err)
	}
	return r.change(func(i *identity) bool {
		i.groups = list
		return i.privileged()
	})
}

func getgroups(r *request) verdict {
	groups := r.ids.of(r).groups
	n := r.flags(0)
	switch {
	case n < 0 || n > 0 && n < len(groups):
		return verdict{errno: unix.EINVAL}
	case n == 0:
		return verdict{value: int64(len(groups))}
	}
	if err := r.put(r.args[1], numbers(groups...)); err != nil {
		return failed(err)
	}
	return verdict{value: int64(len(groups))}
}

func getuid(r *request) verdict  { return verdict{value: int64(r.ids.of(r).uid[actual])} }
func geteuid(r *request) verdict { return verdict{value: int64(r.ids.of(r).uid[effective])} }
func getgid(r *request) verdict  { return verdict{value: int64(r.ids.of(r).gid[actual])} }
func getegid(r *request) verdict { return verdict{value: int64(r.ids.of(r).gid[effective])} }

func getresuid(r *request) verdict { return r.giveThree(r.ids.of(r).uid) }
func getresgid(r *request) verdict { return r.giveThree(r.ids.of(r).gid) }

func (r *request) giveThree(ids [4]uint32) verdict {
	for n := range 3 {
		if err := r.put(r.args[n], numbers(ids[n])); err != nil {
			return failed(err)
		}
	}
	return done
}

// numbers are ids as the kernel lays them out: both architectures are little-endian.
func numbers(ids ...uint32) []byte {
	var out []byte
	for _, id := range ids {
		out = binary.LittleEndian.AppendUint32(out, id)
	}
	return out
}

func (r *request) numbers(address uint64, n int) ([]uint32, error) {
	if n == 0 {
		return nil, nil
	}
	buf := make([]byte, 4*n)
	got, err := unix.ProcessVMReadv(int(r.pid), iovecs(buf), []unix.RemoteIovec{{Base: uintptr(address), Len: len(buf)}}, 0)
	if err != nil {
		return nil, err
	}
	if got < len(buf) {
		return nil, unix.EFAULT
	}
	ids := make([]uint32, n)
	for i := range ids {
		ids[i] = binary.LittleEndian.Uint32(buf[4*i:])
	}
	return ids, nil
}
