package main

// The ids that a process has of a user, and of a group, by their index.
const (
	realID = iota
	effectiveID
	savedID
	filesystemID
)

// identity is the users and groups that a process believes it has. The zero value is root.
type identity struct {
	uid, gid [4]uint32
	groups   []uint32
}

func (i identity) isRoot() bool {
	return i.uid == [4]uint32{} && i.gid == [4]uint32{} && len(i.groups) == 0
}

// privileged stands for CAP_SETUID and CAP_SETGID.
func (i *identity) privileged() bool { return i.uid[effectiveID] == 0 }
