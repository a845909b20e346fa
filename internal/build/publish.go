package build

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/localfile"
	"github.com/kubectl-img/kubectl-img/internal/session"
)

// deliver publishes the result and fetches the output. What is pushed is published first, whatever becomes of the output.
func (r *run) deliver(ctx context.Context, s *session.Session, result session.Result, ended <-chan podEnd) error {
	result, err := r.confirm(ctx, result)
	switch {
	case err != nil:
		return err
	case r.Output == nil:
		return r.publish(ctx, result)
	case r.Build.Push:
		err = r.publish(ctx, result)
		return errors.Join(err, r.fetch(ctx, s, ended))
	}
	if err := r.fetch(ctx, s, ended); err != nil {
		return err
	}
	return r.publish(ctx, result)
}

// publish prints the digest line of a pushed image, and writes the files that were asked for. A file that can't be written does not keep the others back.
func (r *run) publish(ctx context.Context, result session.Result) error {
	r.phase.set(phaseFiles)
	failed := r.printDigest(result.Digest)
	// An index has no configuration: its own digest is the image ID, as in buildx.
	files := []struct{ path, content string }{
		{r.IIDFile, cmp.Or(result.Config, result.Digest)}, {r.DigestFile, result.Digest}, {r.MetadataFile, r.metadata(result)},
	}
	for _, f := range files {
		if f.path == "" {
			continue
		}
		if err := localfile.Write(ctx, f.path, []byte(f.content)); err != nil {
			failed = errors.Join(failed, fmt.Errorf("write %s: %w", f.path, err))
		}
	}
	return failed
}

// printDigest prints the digest line on stdout, unless stdout carries the output.
func (r *run) printDigest(digest string) error {
	if !r.Build.Push {
		return nil
	}
	line := r.Tags[0].Repository + "@" + digest
	if r.Output != nil && r.Output.Stdout {
		r.Log.Infof("pushed %s", line)
		return nil
	}
	return r.printResult(line)
}

// printResult prints a line on stdout, which can be the terminal that the log has begun a line on.
func (r *run) printResult(line string) error {
	r.output.Interrupt()
	_, err := fmt.Fprintln(r.proc.Streams.Out, line)
	return err
}

// metadata returns what buildx writes about an image, under buildx's keys.
func (r *run) metadata(result session.Result) string {
	values := map[string]any{}
	put := func(key, value string) {
		if value != "" {
			values[key] = value
		}
	}
	put("image.name", strings.Join(r.Build.Tags, ","))
	put("kubectl-img.profile", string(r.current.Profile))
	put("containerimage.digest", result.Digest)
	put("containerimage.config.digest", result.Config)
	if result.Digest != "" && result.Size > 0 {
		values["containerimage.descriptor"] = map[string]any{"mediaType": mediaType(result), "digest": result.Digest, "size": result.Size}
	}
	text, err := json.MarshalIndent(values, "", "  ")
	if err != nil { // strings and a number can't fail
		panic(errors.Join(errors.New("encode metadata"), err))
	}
	return string(text) + "\n"
}

// mediaType returns the media type that the manifest names. A manifest that names none is OCI's.
func mediaType(result session.Result) string {
	if result.MediaType != "" {
		return result.MediaType
	}
	return "application/vnd.oci.image.manifest.v1+json"
}

// leave leaves the build without a client and prints its name. A build that has failed already is an error.
func (r *run) leave(result <-chan session.Outcome) error {
	select {
	case outcome := <-result:
		if outcome.Err != nil {
			return outcome.Err
		}
	default:
	}
	r.left = true
	r.Log.Infof("the build goes on by itself; its result: kubectl img attach -n %s %s", r.current.Pod.Namespace, r.current.Pod.Name)
	return r.printResult(r.current.Pod.Name)
}
