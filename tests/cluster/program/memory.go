package program

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"time"
)

// PeakMemory watches a process until it ends and returns the most memory, in MiB, that it had resident; 0 means that it ended before the first
// look. It reads VmHWM while the process runs, because the rusage of a child also counts what its parent had resident when it started it.
func PeakMemory(pid int) float64 {
	var peak float64
	for {
		now, err := highWater(pid)
		if err != nil {
			return peak
		}
		peak = max(peak, now)
		<-time.After(20 * time.Millisecond)
	}
}

var highWaterLine = regexp.MustCompile(`VmHWM:\s+([0-9]+) kB`)

// highWater returns VmHWM in MiB; see proc_pid_status(5).
func highWater(pid int) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	match := highWaterLine.FindSubmatch(data)
	if match == nil {
		return 0, errors.New("the process is a zombie, which has no VmHWM")
	}
	kib, err := strconv.ParseFloat(string(match[1]), 64)
	return kib / 1024, err
}
