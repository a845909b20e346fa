package session

import "testing"

func TestEventHasNoControlCharacters(t *testing.T) {
	for _, event := range []string{"held", "identity", "losses", "phase"} {
		t.Run(event, func(t *testing.T) {
			got := ""
			take := func(text string) { got = text }
			s := New(nil, 0, Handlers{CacheHeld: take, Identity: take, LostOwners: take, Phase: take})
			if err := s.onEvent(event + " a\x1b]52;c;eA==\x07\u009bb\r"); err != nil || got != "a ]52;c;eA==  b " {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	t.Run("the reason of an upload", func(t *testing.T) {
		s := New(nil, 0, Handlers{})
		if err := s.onEvent("refused 1 unpack: \x1b[2J"); err != nil {
			t.Fatal(err)
		}
		if e := <-s.uploadEvents; e.reason != "unpack:  [2J" {
			t.Errorf("%q", e.reason)
		}
	})
}
