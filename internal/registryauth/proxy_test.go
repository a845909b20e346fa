package registryauth

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestProxies(t *testing.T) {
	proxies := ReadProxies([]string{"HTTP_PROXY=a", "https_proxy=http://bob:" + password + "@b", "NO_PROXY=", "FTP_PROXY=c", "all_proxy=d", "PATH=e"})
	if want := []string{"HTTP_PROXY=a", "https_proxy=http://bob:" + password + "@b", "all_proxy=d"}; !cmp.Equal(want, proxies.Pairs()) {
		t.Errorf("%d variables, want %d", len(proxies.Pairs()), len(want))
	}
	if ReadProxies(nil).Pairs() != nil {
		t.Error("proxies out of nothing")
	}
	for _, holder := range []any{proxies, &proxies, []Proxies{proxies}, struct{ P Proxies }{proxies}, struct{ p Proxies }{proxies}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			if text := fmt.Sprintf(verb, holder); leaks(text) {
				t.Errorf("%s of %T prints %s", verb, holder, text)
			}
		}
		if text, err := json.Marshal(holder); err != nil || leaks(string(text)) {
			t.Errorf("%T as JSON is %s, %v", holder, text, err)
		}
	}
}
