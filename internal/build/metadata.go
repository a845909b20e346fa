package build

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/kubectl-img/kubectl-img/internal/session"
)

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
