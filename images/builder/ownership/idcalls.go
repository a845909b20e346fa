package main

import (
	"encoding/binary"
	"slices"

	"golang.org/x/sys/unix"
)

// change carries out a call that changes the caller's identity. to returns false if the kernel's rules forbid it.
func (r *request) change(to func(i *identity) bool) verdict {
	i := r.ids.of(&r.caller)
	i.groups = slices.Clone(i.groups)
	if !to(&i) {
		return verdict{errno: unix.EPERM}
	}
	if err := r.ids.set(&r.caller, i); err != nil {
		return failed(err)
	}
	return success
}

func uids(i *identity) *[4]uint32 { return &i.uid }
func gids(i *identity) *[4]uint32 { return &i.gid }

// changeIDs carries out a call with up to three ids as arguments.
func (r *request) changeIDs(which func(*identity) *[4]uint32, set func(i *identity, ids *[4]uint32, a, b, c uint32) bool) verdict {
	return r.change(func(i *identity) bool { return set(i, which(i), r.id32(0), r.id32(1), r.id32(2)) })
}

func setuid(r *request) verdict { return r.changeIDs(uids, (*identity).setID) }
func setgid(r *request) verdict { return r.changeIDs(gids, (*identity).setID) }

// setID is setuid and setgid: root changes all ids, others may return to their real or saved id.
func (i *identity) setID(ids *[4]uint32, id, _, _ uint32) bool {
	switch {
	case i.privileged():
		*ids = [4]uint32{id, id, id, id}
	case id == ids[realID] || id == ids[savedID]:
		ids[effectiveID], ids[filesystemID] = id, id
	default:
		return false
	}
	return true
}

func setresuid(r *request) verdict { return r.changeIDs(uids, (*identity).setRESID) }
func setresgid(r *request) verdict { return r.changeIDs(gids, (*identity).setRESID) }

// setRESID is setresuid and setresgid.
func (i *identity) setRESID(ids *[4]uint32, newReal, newEffective, newSaved uint32) bool {
	before, privileged := *ids, i.privileged()
	for n, id := range []uint32{newReal, newEffective, newSaved} {
		if id == same {
			continue
		}
		if !privileged && !slices.Contains(before[:filesystemID], id) {
			*ids = before
			return false
		}
		ids[n] = id
	}
	ids[filesystemID] = ids[effectiveID]
	return true
}

func setreuid(r *request) verdict { return r.changeIDs(uids, (*identity).setREID) }
func setregid(r *request) verdict { return r.changeIDs(gids, (*identity).setREID) }

// setREID is setreuid and setregid, which also save the effective id when the real id changes.
func (i *identity) setREID(ids *[4]uint32, newReal, newEffective, _ uint32) bool {
	before := *ids
	allowed := i.privileged() ||
		(newReal == same || newReal == before[realID] || newReal == before[effectiveID]) &&
			(newEffective == same || slices.Contains(before[:filesystemID], newEffective))
	if !allowed {
		return false
	}
	if newReal != same {
		ids[realID] = newReal
	}
	if newEffective != same {
		ids[effectiveID] = newEffective
	}
	if newReal != same || newEffective != same && newEffective != before[realID] {
		ids[savedID] = ids[effectiveID]
	}
	ids[filesystemID] = ids[effectiveID]
	return true
}

func setfsuid(r *request) verdict { return r.setFSID(uids) }
func setfsgid(r *request) verdict { return r.setFSID(gids) }

// setFSID is setfsuid and setfsgid, which return the previous id whether or not they change it.
func (r *request) setFSID(which func(*identity) *[4]uint32) verdict {
	id := r.id32(0)
	var before uint32
	r.change(func(i *identity) bool {
		ids := which(i)
		before = ids[filesystemID]
		if id != same && (i.privileged() || slices.Contains(ids[:], id)) {
			ids[filesystemID] = id
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
	list, err := r.decodeIDs(r.args[1], n)
	if err != nil {
		return failed(err)
	}
	return r.change(func(i *identity) bool {
		i.groups = list
		return i.privileged()
	})
}

func getgroups(r *request) verdict {
	groups := r.ids.of(&r.caller).groups
	n := r.flags(0)
	switch {
	case n < 0 || n > 0 && n < len(groups):
		return verdict{errno: unix.EINVAL}
	case n == 0:
		return verdict{value: int64(len(groups))}
	}
	return r.answerWith(int64(len(groups)), r.args[1], encodeIDs(groups...))
}

func getuid(r *request) verdict  { return verdict{value: int64(r.ids.of(&r.caller).uid[realID])} }
func geteuid(r *request) verdict { return verdict{value: int64(r.ids.of(&r.caller).uid[effectiveID])} }
func getgid(r *request) verdict  { return verdict{value: int64(r.ids.of(&r.caller).gid[realID])} }
func getegid(r *request) verdict { return verdict{value: int64(r.ids.of(&r.caller).gid[effectiveID])} }

func getresuid(r *request) verdict { return r.putThree(r.ids.of(&r.caller).uid) }
func getresgid(r *request) verdict { return r.putThree(r.ids.of(&r.caller).gid) }

func (r *request) putThree(ids [4]uint32) verdict {
	for n := range 3 {
		if err := r.put(r.args[n], encodeIDs(ids[n])); err != nil {
			return failed(err)
		}
	}
	return success
}

// encodeIDs lays ids out as the kernel does: both architectures are little-endian.
func encodeIDs(ids ...uint32) []byte {
	out, _ := binary.Append(nil, binary.LittleEndian, ids)
	return out
}

func (r *request) decodeIDs(address uint64, n int) ([]uint32, error) {
	if n == 0 {
		return nil, nil
	}
	buf := make([]byte, 4*n)
	if err := r.bytes(address, buf); err != nil {
		return nil, err
	}
	ids := make([]uint32, n)
	_, err := binary.Decode(buf, binary.LittleEndian, ids)
	return ids, err
}
