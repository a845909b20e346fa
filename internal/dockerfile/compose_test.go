package dockerfile

import "testing"

func TestIsCompose(t *testing.T) {
	for text, want := range map[string]bool{
		"services:\n  app:\n    build: .\n":                                   true,
		"# what runs\r\nname: app\r\nservices:\r\n  app:\r\n    image: x\r\n": true,
		"FROM scratch\nCOPY <<EOF /compose.yaml\nservices:\n  app: {}\nEOF\n": false,
		"FROM scratch\nNONSENSE\n":                                            false,
		"FROM scratch\n":                                                      false,
		"":                                                                    false,
	} {
		if got := IsCompose([]byte(text)); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
