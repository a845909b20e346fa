package session

import (
	"errors"
	"strings"
	"testing"
)

// Scripts read the digest, so nothing else must pass for one.
func TestParseResult(t *testing.T) {
	digest := "sha256:" + strings.Repeat("0a", 32)
	for name, c := range map[string]struct {
		text string
		want Result
		ok   bool
	}{
		"all fields":                   {`{"digest":"` + digest + `","size":9,"mediaType":"application/vnd.oci.image.index.v1+json","config":"` + digest + `"}`, Result{digest, 9, "application/vnd.oci.image.index.v1+json", digest}, true},
		"a digest only":                {`{"digest":"` + digest + `"}`, Result{Digest: digest}, true},
		"an engine that names none":    {`{"digest":""}`, Result{}, true},
		"a short digest":               {text: `{"digest":"sha256:0a"}`},
		"a long digest":                {text: `{"digest":"` + digest + `0a"}`},
		"upper case":                   {text: `{"digest":"sha256:` + strings.Repeat("0A", 32) + `"}`},
		"another algorithm":            {text: `{"digest":"sha512:` + strings.Repeat("0a", 64) + `"}`},
		"no algorithm":                 {text: `{"digest":"` + strings.Repeat("0a", 32) + `"}`},
		"a second line":                {text: `{"digest":"` + digest + `\nevil.example/x@` + digest + `"}`},
		"a command":                    {text: `{"digest":"$(id)"}`},
		"an escape sequence":           {text: `{"digest":"\u001b]52;c;eA==\u0007"}`},
		"a configuration of two lines": {text: `{"digest":"` + digest + `","config":"x\ny"}`},
		"a short configuration":        {text: `{"digest":"` + digest + `","config":"sha256:c0"}`},
		"a media type of two lines":    {text: `{"digest":"` + digest + `","mediaType":"a/b\nc"}`},
		"a media type without subtype": {text: `{"digest":"` + digest + `","mediaType":"m"}`},
		"a phase of two lines":         {text: `{"phase":"build\n","code":1,"error":"x"}`},
		"a phase with an escape":       {text: `{"phase":"\u001b[2J","code":1,"error":"x"}`},
		"neither a digest nor a phase": {text: `{}`},
		"no JSON":                      {text: `done`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := ParseResult(c.text)
			if got != c.want || (err == nil) != c.ok || errors.As(err, new(*JobError)) {
				t.Errorf("%+v, %v", got, err)
			}
			if err != nil && strings.ContainsAny(err.Error(), "\n\x1b") {
				t.Errorf("the error repeats control characters: %q", err.Error())
			}
		})
	}
	t.Run("a message has no control characters", func(t *testing.T) {
		var failed *JobError
		if _, err := ParseResult(`{"phase":"build","code":1,"error":"a\u001b[2J\nb\u202ec"}`); !errors.As(err, &failed) || failed.Message != "a [2J b c" {
			t.Errorf("%+v", err)
		}
	})
	t.Run("an unknown resource is ignored", func(t *testing.T) {
		var failed *JobError
		if _, err := ParseResult(`{"phase":"build","code":1,"cause":"luck","error":"x"}`); !errors.As(err, &failed) || failed.Exhausted != "" {
			t.Errorf("%+v", err)
		}
	})
}
