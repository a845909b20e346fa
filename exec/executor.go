package exec

import (
	"net/url"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/remotecommand"
	cmdutil "k8s.io/kubectl/pkg/cmd/util"
	"k8s.io/streaming/pkg/httpstream"
)

// executor speaks WebSocket, and SPDY where a server or a proxy in between does not let it; KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false
// has the same effect as on kubectl. kubectl's own DefaultRemoteExecutor is the same, but brings kubectl's verbs along, whose
// help texts load their translations before main: more than the start of a command may take.
func executor(config *rest.Config, at *url.URL) (remotecommand.Executor, error) {
	spdy, err := remotecommand.NewSPDYExecutor(config, "POST", at)
	if err != nil {
		return nil, err
	}
	if cmdutil.RemoteCommandWebsockets.IsDisabled() {
		return spdy, nil
	}
	websocket, err := remotecommand.NewWebSocketExecutor(config, "GET", at.String())
	if err != nil {
		return nil, err
	}
	return remotecommand.NewFallbackExecutor(websocket, spdy, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
}
