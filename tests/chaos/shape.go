package main

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kubectl-img/kubectl-img/tests/cluster/fixture"
)

// shape is the build of a run.
type shape struct {
	content map[string]string // of the context, below c/
	lines   int               // that a step prints
	pad     int               // bytes in each line
	sleep   time.Duration     // of the step
	extra   string            // one more instruction, if that is the fault
}

func newShape(r *rand.Rand) shape {
	s := shape{content: map[string]string{}, lines: 1 + r.IntN(150), pad: r.IntN(300), sleep: millis(r, 0, 1500)}
	for i := range 1 + r.IntN(12) {
		s.content[fmt.Sprintf("directory-%d/file-%d", i%3, i)] = noise(r, r.IntN(2000))
	}
	s.content["unique"] = noise(r, 32)
	s.content["big"] = noise(r, pick(r, 0, 0, 64<<10, 1<<20, 5<<20))
	return s
}

// noise are bytes that do not compress.
func noise(r *rand.Rand, n int) string {
	var seed [32]byte
	binary.LittleEndian.PutUint64(seed[:], r.Uint64())
	b := make([]byte, n)
	_, _ = rand.NewChaCha8(seed).Read(b) // never fails
	return string(b)
}

// write makes the context. The engine also prints the step's command, which must differ from the lines that the step prints.
func (s shape) write(dir, base string) error {
	step := fmt.Sprintf("RUN i=0; while [ $i -lt %d ]; do i=$((i+1)); echo \"line-$i; %0*d\"; done; sleep %.2f", s.lines, s.pad+1, 0, s.sleep.Seconds())
	files := map[string]string{"Dockerfile": "FROM " + base + "\nCOPY c /c\n" + s.extra + "\n" + step + "\n"}
	for name, content := range s.content {
		files["c/"+name] = content
	}
	return fixture.WriteContext(dir, files)
}
