package main

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// A runtime is the function's container image for one architecture: an image tarball, and the
// binary that is in it. The zero value is that of a package that runs nothing.
type runtime struct {
	arch, tarball, binary string
}

// How the image runs; the Dockerfile says the same, which a test compares.
var runtimeConfig = v1.Config{
	Entrypoint:   []string{"/function"},
	User:         "65532:65532",
	ExposedPorts: map[string]struct{}{"9443/tcp": {}},
	Env:          []string{"GOGC=400"},
}

// CompilerArgs are those of go build, but for where the binary goes.
func compilerArgs(version string) []string {
	return []string{"-trimpath", "-ldflags", "-s -w -X main.version=" + version, "./fn"}
}

// BuildRuntime compiles the function and wraps it into an image of a single layer. The binary is
// static and asks nobody but its caller, so the image holds nothing else.
func buildRuntime(ctx context.Context, arch, version string) (runtime, error) {
	r := runtime{
		arch:    arch,
		tarball: filepath.Join(output, "runtime-"+arch+".tar"),
		binary:  filepath.Join(output, "function-"+arch),
	}

	cmd := exec.CommandContext(ctx, "go", append([]string{"build", "-o", r.binary}, compilerArgs(version)...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr

	if err := cmd.Run(); err != nil {
		return runtime{}, err
	}

	binary, err := os.ReadFile(r.binary)
	if err != nil {
		return runtime{}, err
	}

	img, err := runtimeImage(arch, binary)
	if err != nil {
		return runtime{}, err
	}

	tag, err := name.NewTag("function-pipelinestack:" + arch)
	if err != nil {
		return runtime{}, err
	}

	return r, tarball.WriteToFile(r.tarball, tag, img)
}

// RuntimeImage is the same for the same binary: nothing in it depends on the time or the machine.
func runtimeImage(arch string, binary []byte) (v1.Image, error) {
	buf := bytes.Buffer{}
	w := tar.NewWriter(&buf)
	header := tar.Header{Name: "function", Mode: 0o755, Size: int64(len(binary))}

	if err := errors.Join(w.WriteHeader(&header), second(w.Write(binary)), w.Close()); err != nil {
		return nil, err
	}

	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(buf.Bytes())), nil
	})
	if err != nil {
		return nil, err
	}

	img, err := mutate.AppendLayers(empty.Image, layer)
	if err != nil {
		return nil, err
	}

	f, err := img.ConfigFile()
	if err != nil {
		return nil, err
	}

	f = f.DeepCopy()
	f.OS, f.Architecture, f.Config = "linux", arch, runtimeConfig

	return mutate.ConfigFile(img, f)
}

func second(_ int, err error) error {
	return err
}
