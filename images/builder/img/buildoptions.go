package main

import (
	"context"
	"encoding/base64"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/distribution/reference"
	"github.com/moby/buildkit/client"
	"github.com/moby/buildkit/cmd/buildctl/build"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/secrets"
	"github.com/moby/buildkit/session/secrets/secretsprovider"
)

// buildOptions are the flags of img build.
type buildOptions struct {
	file, target, statusFile, iidFile, metadataFile          string
	tags, platforms, buildArgs, labels, contexts, hosts      []string
	secrets, ssh, outputs, cacheFrom, cacheTo, noCacheFilter []string
	frontends, annotations, ulimits                          []string
	shmSize                                                  int64
	noCache, pull, noConsole                                 bool

	outputDirs []string // that exports are written to
	stored     bool     // the image is kept under its names
}

// check rejects what can't work before anything starts, and completes the names.
func (b *buildOptions) check() error {
	if len(b.tags) == 0 && len(b.outputs) == 0 {
		return errors.New("name the image with --tag, or a result with --output")
	}
	for i, tag := range b.tags {
		name, err := fullName(tag)
		if err != nil {
			return err
		}
		b.tags[i] = name
	}
	for _, pair := range slices.Concat(b.buildArgs, b.labels, b.annotations) {
		if key, _, ok := strings.Cut(pair, "="); !ok || key == "" {
			return fmt.Errorf("invalid value %q: want KEY=VALUE", pair)
		}
	}
	return nil
}

// fullName adds what a name leaves out: docker.io, library, latest.
func fullName(name string) (string, error) {
	named, err := reference.ParseNormalizedNamed(name)
	if err != nil {
		return "", fmt.Errorf("invalid name %q: %w", name, err)
	}
	return reference.TagNameOnly(named).String(), nil
}

func firstName(tags []string) string {
	if len(tags) == 0 {
		return "image"
	}
	return tags[0]
}

// attributes are the Dockerfile frontend's.
func (b *buildOptions) attributes(in *input) map[string]string {
	attrs := map[string]string{"filename": in.filename}
	set := func(key, value string) {
		if value != "" {
			attrs[key] = value
		}
	}
	set("context", in.url)
	set("target", b.target)
	set("platform", strings.Join(b.platforms, ","))
	set("add-hosts", strings.Join(addedHosts(b.hosts), ","))
	set("no-cache", strings.Join(b.noCacheFilter, ","))
	set("ulimit", strings.Join(b.ulimits, ","))
	if b.shmSize > 0 {
		attrs["shm-size"] = strconv.FormatInt(b.shmSize, 10)
	}
	if b.noCache {
		attrs["no-cache"] = ""
	}
	if b.pull {
		attrs["image-resolve-mode"] = "pull"
	}
	if len(in.named) > 0 {
		// A frontend from an image that is too old for further contexts must fail, and not leave them out.
		attrs["frontend.caps"] = "moby.buildkit.frontend.contexts+forward"
	}
	for prefix, pairs := range map[string][]string{"build-arg:": b.buildArgs, "label:": b.labels, "context:": in.named} {
		for _, pair := range pairs {
			key, value, _ := strings.Cut(pair, "=")
			attrs[prefix+key] = value
		}
	}
	return attrs
}

// addedHosts turns docker's HOST:IP into BuildKit's HOST=IP.
func addedHosts(hosts []string) []string {
	var out []string
	for _, host := range hosts {
		if !strings.Contains(host, "=") {
			host = strings.Replace(host, ":", "=", 1)
		}
		out = append(out, host)
	}
	return out
}

// exports are the results: the image under its names, unless outputs are named.
func (b *buildOptions) exports() ([]client.ExportEntry, error) {
	exports, err := build.ParseOutput(b.outputs)
	if err != nil {
		return nil, err
	}
	if len(exports) == 0 {
		exports = []client.ExportEntry{{Type: client.ExporterImage, Attrs: map[string]string{}}}
	}
	for _, export := range exports {
		b.stored = b.stored || export.Type == client.ExporterImage
		if export.OutputDir != "" {
			if err := os.MkdirAll(export.OutputDir, 0o755); err != nil {
				return nil, err
			}
			b.outputDirs = append(b.outputDirs, export.OutputDir)
		}
		if export.Type != client.ExporterImage && export.Type != client.ExporterOCI && export.Type != client.ExporterDocker {
			continue
		}
		if _, named := export.Attrs["name"]; !named && len(b.tags) > 0 {
			export.Attrs["name"] = strings.Join(b.tags, ",")
		}
		for _, pair := range b.annotations {
			key, value, _ := strings.Cut(pair, "=")
			export.Attrs["annotation."+key] = value
		}
		if _, chosen := export.Attrs["rewrite-timestamp"]; !chosen && b.fixedTime() {
			export.Attrs["rewrite-timestamp"] = "true"
		}
	}
	return exports, nil
}

// fixedTime reports whether the image's times are given, so that the same input gives the same digest.
func (b *buildOptions) fixedTime() bool {
	epoch := ""
	for _, pair := range b.buildArgs {
		if value, found := strings.CutPrefix(pair, "SOURCE_DATE_EPOCH="); found {
			epoch = value
		}
	}
	return epoch != ""
}

// asRegistry writes a cache that is named by its image alone as BuildKit does.
func asRegistry(caches []string) []string {
	var out []string
	for _, cache := range caches {
		if !strings.Contains(cache, "type=") {
			cache = "type=registry,ref=" + cache
		}
		out = append(out, cache)
	}
	return out
}

// secretsInMemory reads secrets at once: their files are hidden from the build.
func secretsInMemory(specs []string) (session.Attachable, error) {
	store := memorySecrets{}
	for _, spec := range specs {
		fields, err := csv.NewReader(strings.NewReader(spec)).Read()
		if err != nil {
			return nil, fmt.Errorf("invalid secret %q: %w", spec, err)
		}
		values := map[string]string{}
		for _, field := range fields {
			key, value, _ := strings.Cut(field, "=")
			values[strings.ToLower(key)] = value
		}
		id, path, variable := values["id"], values["src"]+values["source"], values["env"]
		switch {
		case id == "":
			return nil, fmt.Errorf("invalid secret %q: it has no id", spec)
		case variable != "":
			store[id] = []byte(os.Getenv(variable))
			continue
		case path == "":
			path = id
		}
		if store[id], err = os.ReadFile(path); err != nil {
			return nil, err
		}
	}
	return secretsprovider.NewSecretProvider(store), nil
}

type memorySecrets map[string][]byte

func (m memorySecrets) GetSecret(_ context.Context, id string) ([]byte, error) {
	secret, ok := m[id]
	if !ok {
		return nil, fmt.Errorf("secret %s: %w", id, secrets.ErrNotFound)
	}
	return secret, nil
}

// writeMetadata writes the exporter's response; what it encodes as base64 is JSON.
func writeMetadata(path string, response map[string]string) error {
	values := map[string]any{}
	for key, value := range response {
		values[key] = value
		if text, err := base64.StdEncoding.DecodeString(value); err == nil && json.Valid(text) && strings.HasPrefix(string(text), "{") {
			values[key] = json.RawMessage(text)
		}
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o644)
}
