package dockerfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestUnusedArgs(t *testing.T) {
	const text = "ARG BASE=x\nFROM $BASE AS a\nARG A B=1\nRUN true\nFROM scratch\nARG C\n"
	given := []string{"BASE=1", "A=1", "B=2", "C", "D=1", "D=2", "a=1", "http_proxy=x", "HTTPS_PROXY", "BUILDKIT_SYNTAX=x", "SOURCE_DATE_EPOCH=0"}
	got, err := UnusedArgs([]byte(text), given)
	if diff := cmp.Diff([]string{"D", "a"}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if _, err := UnusedArgs([]byte("services:\n"), given); err == nil {
		t.Error("a text that is no Dockerfile has no error")
	}
}
