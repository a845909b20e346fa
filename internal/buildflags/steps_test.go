package buildflags

import "testing"

func TestParseHost(t *testing.T) {
	for value, want := range map[string]string{
		"db:10.0.0.5": "db=10.0.0.5", "db=10.0.0.5": "db=10.0.0.5", "db:::1": "db=::1", "db:[fd00::5]": "db=fd00::5", "db=[fd00::5]": "db=fd00::5",
		"": "", "db": "", ":10.0.0.5": "", "db:": "", "db:name": "", "db:host-gateway": "", "a,b:10.0.0.5": "", "a b:10.0.0.5": "", "db:fe80::1%eth0": "", "db:10.0.0.5,x:1": "",
	} {
		got, err := parseHost(value)
		if got != want || (want == "") != (err != nil) {
			t.Errorf("%q: got %q, %v; want %q", value, got, err, want)
		}
	}
}
