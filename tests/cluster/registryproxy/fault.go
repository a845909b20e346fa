package registryproxy

import (
	"crypto/tls"
	"errors"
	"net"
	"net/http"
)

// Drop closes the connection of a request without an answer.
func Drop(w http.ResponseWriter) error {
	connection, err := hijack(w)
	if err != nil {
		return err
	}
	return connection.Close()
}

// Reset ends the connection of an HTTP/1 request with a TCP reset, and the stream of an HTTP/2 request with a reset of its own.
func Reset(w http.ResponseWriter) error {
	connection, err := hijack(w)
	if err != nil {
		return err
	}
	if c, ok := connection.(*tls.Conn); ok {
		if raw, ok := c.NetConn().(*net.TCPConn); ok {
			_ = raw.SetLinger(0)
			return raw.Close()
		}
	}
	return connection.Close()
}

func hijack(w http.ResponseWriter) (net.Conn, error) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if errors.Is(err, http.ErrNotSupported) {
		panic(http.ErrAbortHandler) // net/http resets the HTTP/2 stream
	}
	return connection, err
}
