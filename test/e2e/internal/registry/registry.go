// Package registry serves an OCI registry on loopback and fills it with Crossplane packages: the
// project's own from package files as make package writes them, and packages of the providers it
// depends on, made on the spot: from their own manifests those of providers that run, stand-ins
// for those that are played.
package registry

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/partial"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// Serve serves an empty registry that keeps everything in memory, until the context ends.
func Serve(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s := &http.Server{Handler: registry.New(registry.Logger(log.Default()))}
	context.AfterFunc(ctx, func() { _ = s.Close() })
	if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// Image makes a package image from the stream of YAML documents that is its package.yaml.
func Image(packageYAML []byte) (v1.Image, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	if err := w.WriteHeader(&tar.Header{Name: "package.yaml", Mode: 0o644, Size: int64(len(packageYAML))}); err != nil {
		return nil, err
	}
	if _, err := w.Write(packageYAML); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(buf.Bytes())), nil })
	if err != nil {
		return nil, err
	}
	// The package manager finds the layer by this annotation.
	return mutate.Append(empty.Image, mutate.Addendum{Layer: layer, Annotations: map[string]string{"io.crossplane.xpkg": "base"}})
}

// A Reference is where an image goes: a repository without a registry's host, and a tag.
type Reference struct{ Repository, Tag string }

// Push writes an image. Crossplane's annotations are kept as labels in package files and as
// annotations in registries, so they are copied over as the pushing command of Crossplane does.
func Push(ctx context.Context, addr string, to Reference, img v1.Image) error {
	r, err := name.ParseReference(fmt.Sprintf("%s/%s:%s", addr, to.Repository, to.Tag), name.Insecure)
	if err != nil {
		return err
	}
	img, err = annotate(img)
	if err != nil {
		return err
	}
	return remote.Write(r, img, remote.WithContext(ctx))
}

// PushFiles pushes package files, one per platform, under one reference: as an index when there are
// several.
func PushFiles(ctx context.Context, addr string, to Reference, files ...string) error {
	var imgs []v1.Image
	for _, f := range files {
		img, err := tarball.ImageFromPath(f, nil)
		if err != nil {
			return fmt.Errorf("%s is no package file: %w", f, err)
		}
		imgs = append(imgs, img)
	}
	if len(imgs) == 1 {
		return Push(ctx, addr, to, imgs[0])
	}
	var index v1.ImageIndex = empty.Index
	for _, img := range imgs {
		img, err := annotate(img)
		if err != nil {
			return err
		}
		cfg, err := img.ConfigFile()
		if err != nil {
			return err
		}
		d, err := partial.Descriptor(img)
		if err != nil {
			return err
		}
		d.Platform = cfg.Platform()
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: img, Descriptor: *d})
	}
	r, err := name.ParseReference(fmt.Sprintf("%s/%s:%s", addr, to.Repository, to.Tag), name.Insecure)
	if err != nil {
		return err
	}
	return remote.WriteIndex(r, index, remote.WithContext(ctx))
}

// annotate puts what the image's labels say of its layers on the layers themselves.
func annotate(img v1.Image) (v1.Image, error) {
	const prefix = "io.crossplane.xpkg:"
	cfg, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}
	marked := false
	for k := range cfg.Config.Labels {
		marked = marked || len(k) > len(prefix) && k[:len(prefix)] == prefix
	}
	if !marked {
		return img, nil
	}
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	out, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{Architecture: cfg.Architecture, OS: cfg.OS, Config: cfg.Config})
	if err != nil {
		return nil, err
	}
	for _, l := range layers {
		d, err := l.Digest()
		if err != nil {
			return nil, err
		}
		a := mutate.Addendum{Layer: l}
		if v, ok := cfg.Config.Labels[prefix+d.String()]; ok {
			a.Annotations = map[string]string{"io.crossplane.xpkg": v}
		}
		if out, err = mutate.Append(out, a); err != nil {
			return nil, err
		}
	}
	return out, nil
}
