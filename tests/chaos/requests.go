package main

import (
	"io"
	"net/http"
	"strings"
)

// isPush tells whether a request is part of a push only.
func isPush(r *http.Request) bool { return r.Method != http.MethodGet && r.Method != http.MethodHead }

// isPull tells whether a request is part of the pull of the base image.
func isPull(r *http.Request) bool { return !isPush(r) && strings.HasPrefix(r.URL.Path, "/v2/busybox/") }

// refuse answers with a status and the error that registries send with it.
func refuse(w http.ResponseWriter, status int) {
	code := map[int]string{401: "UNAUTHORIZED", 403: "DENIED", 404: "MANIFEST_UNKNOWN", 429: "TOOMANYREQUESTS"}[status]
	if code == "" {
		code = "UNKNOWN"
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="chaos"`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errors":[{"code":"`+code+`","message":"`+strings.ToLower(http.StatusText(status))+`"}]}`)
}
