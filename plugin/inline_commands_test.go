package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// inline matches a command in running text. The end-to-end tests run those in code blocks.
var inline = regexp.MustCompile("`((?:[A-Z_]+=\\S* )?(?:kubectl img|make) [^`]+)`")

// TestInlineCommandsExist checks that the verbs, flags and make targets in the documentation's running text exist.
func TestInlineCommandsExist(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, file := range append(files, "../Makefile", "../README.md", "../SECURITY.md", "../CONTRIBUTING.md", "../jenkins/README.md") {
		texts[file] = readFile(t, file)
	}
	p := newBench(t).Process // it changes the working directory
	found := 0
	for file, text := range texts {
		for _, match := range inline.FindAllStringSubmatch(text, -1) {
			words := commandWords(match[1])
			if strings.Contains(match[0], ": ") { // an error line
				continue
			}
			found++
			for _, fault := range slices.Concat(unknownTargets(words, texts["../Makefile"]), unknownFlags(newRootCommand(p), words)) {
				t.Errorf("%s: %s: %s", file, match[0], fault)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d commands found", found)
	}
}

// commandWords returns the words of the first command of a pipe.
func commandWords(line string) []string {
	words := strings.Fields(line)
	if end := slices.IndexFunc(words, func(w string) bool { return strings.Contains(w, "|") }); end >= 0 {
		words = words[:end]
	}
	return words
}

func unknownTargets(words []string, makefile string) (faults []string) {
	if words[0] != "make" {
		return nil
	}
	for _, word := range words[1:] {
		if !strings.Contains(word, "=") && !strings.Contains(makefile, "\n"+word+":") && !strings.Contains(makefile, " "+word+":") {
			faults = append(faults, "no target "+word)
		}
	}
	return faults
}

func unknownFlags(root *cobra.Command, words []string) (faults []string) {
	if words[0] != "kubectl" {
		return nil
	}
	cmd := root
	for i, word := range words[2:] {
		switch name, _, _ := strings.Cut(strings.TrimLeft(word, "-"), "="); {
		case word == "--help" || !strings.HasPrefix(word, "-"):
			if next, _, err := cmd.Find([]string{word}); err == nil && next != cmd {
				cmd = next
			} else if i == 0 && regexp.MustCompile(`^[a-z]+$`).MatchString(word) {
				faults = append(faults, "no verb "+word)
			}
		case strings.HasPrefix(word, "--"):
			if cmd.Flag(name) == nil && cmd.InheritedFlags().Lookup(name) == nil {
				faults = append(faults, "no flag "+word)
			}
		case cmd.Flags().ShorthandLookup(name) == nil && cmd.InheritedFlags().ShorthandLookup(name) == nil:
			faults = append(faults, "no flag "+word)
		}
	}
	return faults
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
