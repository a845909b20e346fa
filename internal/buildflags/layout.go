package buildflags

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// nameInLayout is the annotation of an image in an OCI layout that holds its tag.
const nameInLayout = "org.opencontainers.image.ref.name"

// findInLayout reads buildx's PATH[:TAG][@DIGEST]. Without a digest, it takes the image of the tag, or the only one.
func findInLayout(spec string) (dir, digest string, err error) {
	dir, digest, hasDigest := strings.Cut(spec, "@")
	dir, tag, hasTag := strings.Cut(dir, ":")
	if !hasTag {
		tag = "latest"
	}
	index, err := layout.ImageIndexFromPath(dir)
	if err != nil {
		return "", "", fmt.Errorf("read OCI layout: %w", err)
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return "", "", fmt.Errorf("read OCI layout: %w", err)
	}
	if !hasDigest {
		if digest, err = imageInLayout(manifest.Manifests, tag, hasTag); err != nil {
			return "", "", fmt.Errorf("OCI layout %s has %w", dir, err)
		}
	}
	hash, err := v1.NewHash(digest)
	if err != nil {
		return "", "", err
	}
	// Not every image that is there is in the index: a digest can name one of several platforms.
	if _, err := os.Stat(filepath.Join(dir, "blobs", hash.Algorithm, hash.Hex)); err != nil {
		return "", "", fmt.Errorf("OCI layout %s has no image %s", dir, digest)
	}
	return dir, digest, nil
}

func imageInLayout(images []v1.Descriptor, tag string, hasTag bool) (digest string, err error) {
	i := slices.IndexFunc(images, func(d v1.Descriptor) bool { return hasTagInLayout(d, tag) })
	switch {
	case i >= 0:
		return images[i].Digest.String(), nil
	case !hasTag && len(images) == 1:
		return images[0].Digest.String(), nil
	case hasTag || len(images) == 0:
		return "", errors.New("no image with tag " + tag)
	default:
		return "", errors.New("several images, and none with tag latest: want PATH:TAG or PATH@DIGEST")
	}
}

// hasTagInLayout takes a tag alone, and one after the image's name.
func hasTagInLayout(d v1.Descriptor, tag string) bool {
	name := d.Annotations[nameInLayout]
	return name == tag || strings.HasSuffix(name, ":"+tag)
}
