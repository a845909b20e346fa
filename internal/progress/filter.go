package progress

import (
	"bytes"
	"unicode/utf8"

	"github.com/kubectl-img/kubectl-img/internal/cli"
)

const (
	escape = 0x1b
	reset  = "\x1b[0m"
	// maxSequence is more than the length of a colour in bytes.
	maxSequence = 64
)

// filter removes what controls a terminal from a text that arrives in pieces. A build step can print anything: a command that writes the clipboard, one
// that moves the cursor over earlier lines, or characters that reverse the order of others.
type filter struct {
	// terminal keeps colours, and what moves within a line. A colour ends with its line, so that it can't hide the lines that follow.
	terminal bool

	held     []byte // a character or a sequence whose end has not arrived
	inString bool   // inside a command with a text of any length, such as a title
	coloured bool
	inLine   bool // the last line that was shown has not ended
	out      []byte
}

// write returns what may be shown of p and of what was held. The result is valid until the next call.
func (f *filter) write(p []byte) []byte {
	f.out = f.out[:0]
	rest := append(f.held, p...)
	for len(rest) > 0 {
		n := f.take(rest)
		if n == 0 {
			break
		}
		rest = rest[n:]
	}
	f.held = append(f.held[:0], rest...)
	if n := len(f.out); n > 0 {
		f.inLine = f.out[n-1] != '\n'
	}
	return f.out
}

// interrupt returns what ends a line and its colour for a line of another text. The rest of the line follows that one, without the colour.
func (f *filter) interrupt() []byte {
	f.out = f.out[:0]
	f.endColour()
	if f.inLine {
		f.out, f.inLine = append(f.out, '\n'), false
	}
	return f.out
}

// end returns what ends a text without a line break. It drops what is held.
func (f *filter) end() []byte {
	f.out, f.held, f.inString = f.out[:0], f.held[:0], false
	f.endColour()
	return f.out
}

func (f *filter) endColour() {
	if f.coloured {
		f.out = append(f.out, reset...)
		f.coloured = false
	}
}

// take handles the beginning of p and returns its length, or 0 if its end has not arrived.
func (f *filter) take(p []byte) int {
	if p[0] == escape {
		return f.takeSequence(p)
	}
	if !utf8.FullRune(p) {
		return 0
	}
	r, n := utf8.DecodeRune(p)
	switch {
	case r == '\n': // it ends a command that has no end, too
		f.inString = false
		f.endColour()
		f.out = append(f.out, '\n')
	case f.inString:
		f.inString = r != '\a' && r != stringEnd
	case isStringStart(r):
		f.inString = true
	case r == '\t', r == '\r', r == '\b' && f.terminal, cli.Printable(r):
		f.out = utf8.AppendRune(f.out, r) // a byte that is no character becomes U+FFFD
	}
	return n
}

// stringEnd is the 8-bit form of ESC \, which ends a command with a text.
const stringEnd = 0x9c

// isStringStart reports whether r is the 8-bit form of what begins a command with a text: DCS, SOS, OSC, PM or APC.
func isStringStart(r rune) bool {
	return r == 0x90 || r == 0x98 || 0x9d <= r && r <= 0x9f
}

// takeSequence handles what ESC begins: see ECMA-48.
func (f *filter) takeSequence(p []byte) int {
	if len(p) == 1 {
		return 0
	}
	wasInString := f.inString
	f.inString = false // another sequence ends a command, too
	switch kind := p[1]; {
	case wasInString && kind == '\\':
		return 2
	case kind == '[':
		return f.takeControl(p)
	case bytes.IndexByte([]byte("]PX^_"), kind) >= 0:
		f.inString = true
		return 2
	}
	end := 1
	for end < len(p) && isBetween(p[end], ' ', '/') {
		end++
	}
	switch {
	case end == len(p) && end < maxSequence:
		return 0
	case end < len(p) && isBetween(p[end], '0', '~'):
		return end + 1
	default:
		return end
	}
}

// takeControl handles ESC [ PARAMETERS FINAL. Colours and the deletion of a part of the line are shown.
func (f *filter) takeControl(p []byte) int {
	end := 2
	for end < len(p) && isBetween(p[end], ' ', '?') {
		end++
	}
	if end == len(p) && end < maxSequence {
		return 0
	}
	if end == len(p) || !isBetween(p[end], '@', '~') {
		return end
	}
	parameters, final := p[2:end], p[end]
	isPlain := len(bytes.Trim(parameters, "0123456789;:")) == 0
	if f.terminal && isPlain && (final == 'm' || final == 'K') {
		if final == 'm' {
			f.coloured = len(bytes.Trim(parameters, "0")) > 0
		}
		f.out = append(f.out, p[:end+1]...)
	}
	return end + 1
}

func isBetween(b, first, last byte) bool { return first <= b && b <= last }
