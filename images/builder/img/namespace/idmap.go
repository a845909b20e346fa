package namespace

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"
)

// idRange maps Count ids: Inside in the engine's user namespace, Outside in ours.
type idRange struct{ Inside, Outside, Count int }

// wholeHost is how many ids the initial user namespace has.
const wholeHost = 1<<32 - 1

// systemIDs are below this: outside a pod's user namespace they belong to the node's own services.
const systemIDs = 1000

// plan returns the map for a process with id own: own becomes root, and the subordinate ids follow from 1 on. available is how many ids our
// own user namespace has.
func plan(own int, subordinate []idRange, available int) []idRange {
	ranges := []idRange{{0, own, 1}}
	slices.SortFunc(subordinate, func(a, b idRange) int { return a.Outside - b.Outside })
	next := 1
	for _, r := range subordinate {
		if available == wholeHost && r.Outside < systemIDs {
			continue
		}
		count := min(r.Count, available-r.Outside)
		if count <= 0 {
			continue
		}
		ranges = append(ranges, idRange{next, r.Outside, count})
		next += count
	}
	return ranges
}

// subordinateIDs reads the lines of /etc/subuid or /etc/subgid that are for the user, by name or number.
func subordinateIDs(file io.Reader, names ...string) ([]idRange, error) {
	var ranges []idRange
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		fields := strings.Split(strings.TrimSpace(lines.Text()), ":")
		if len(fields) != 3 || !slices.Contains(names, fields[0]) {
			continue
		}
		start, err := strconv.Atoi(fields[1])
		if err != nil {
			return nil, err
		}
		count, err := strconv.Atoi(fields[2])
		if err != nil {
			return nil, err
		}
		ranges = append(ranges, idRange{Outside: start, Count: count})
	}
	return ranges, lines.Err()
}

// availableIDs counts the ids of our own user namespace, from /proc/self/uid_map or gid_map.
func availableIDs(file io.Reader) (int, error) {
	var total int
	for {
		var inside, outside, count int
		_, err := fmt.Fscan(file, &inside, &outside, &count)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return 0, err
		}
		total = max(total, inside+count)
	}
}

// mapOf returns the map of user or group ids: own is ours, the others are from subordinateFile.
func mapOf(own int, subordinateFile, ownMap string) ([]idRange, error) {
	current, err := os.Open(ownMap)
	if err != nil {
		return nil, err
	}
	defer current.Close()
	available, err := availableIDs(current)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ownMap, err)
	}
	names := []string{strconv.Itoa(os.Getuid())}
	if u, err := user.LookupId(names[0]); err == nil {
		names = append(names, u.Username)
	}
	file, err := os.Open(subordinateFile)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	subordinate, err := subordinateIDs(file, names...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", subordinateFile, err)
	}
	if len(subordinate) == 0 {
		return nil, fmt.Errorf("%s has no range for user %s", subordinateFile, strings.Join(names, " or "))
	}
	return plan(own, subordinate, available), nil
}

// arguments are those of newuidmap and newgidmap.
func arguments(pid int, ranges []idRange) []string {
	args := []string{strconv.Itoa(pid)}
	for _, r := range ranges {
		args = append(args, strconv.Itoa(r.Inside), strconv.Itoa(r.Outside), strconv.Itoa(r.Count))
	}
	return args
}
