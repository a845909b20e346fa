package exec

import (
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/streaming/pkg/httpstream"
)

// executor uses WebSocket, and falls back to SPDY if the server or a proxy does not support it. KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false
// turns WebSocket off, as for kubectl.
//
// kubectl's DefaultRemoteExecutor does the same, but imports all verbs of kubectl. Their help texts load translations before main,
// which makes every command start late.
func executor(config *rest.Config, target *url.URL) (remotecommand.Executor, error) {
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", target)
	if err != nil {
		return nil, err
	}
	if cmdutil.RemoteCommandWebsockets.IsDisabled() {
		return spdy, nil
	}
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", target.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
}
