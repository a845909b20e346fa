package buildcontext

import (
	"strings"
	"testing"
)

func TestErrorTexts(t *testing.T) {
	root := writeTree(t, "Dockerfile=FROM scratch", ".dockerignore=a\n[\n")
	t.Chdir(root)
	for dockerfile, want := range map[string]string{
		"":     "parse .dockerignore:2: syntax error in pattern",
		"none": "read Dockerfile none: no such file",
	} {
		if _, err := FromDir(".", dockerfile, nil); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	_, err := FromDir("nowhere", "", nil)
	if want := "open build context nowhere: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s…", err, want)
	}
}

func TestPrintable(t *testing.T) {
	for name, want := range map[string]string{"a b": "a b", "größe": "größe", "a\nb": `"a\nb"`, "\x1b": `"\x1b"`, "": `""`} {
		if got := printable(name); got != want {
			t.Errorf("printable(%q) = %s", name, got)
		}
	}
}
