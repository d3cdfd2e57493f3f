// Package main is the object store of the test environment: the S3 gateway and the IAM service of
// versitygw on a local folder, each a process of its own, chosen by the first argument. It is
// configured by the environment, so that keys do not show in the list of processes. Nothing of the
// product lives here.
//
//	s3 iam      E2E_IAM_LISTEN, E2E_IAM_PRIVATE, E2E_DIR, E2E_TLS_DIR
//	s3 gateway  E2E_S3_LISTEN, E2E_IAM_PRIVATE, E2E_DIR, E2E_TLS_DIR, E2E_REGION
//
// Both need E2E_ROOT_ACCESS and E2E_ROOT_SECRET, the keys of the account's root user. The gateway
// asks the IAM service who signed a request and what that user may do, over mutual TLS with the
// certificate in E2E_TLS_DIR.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

const (
	maxConnections = 1000
	maxRequests    = 500
	health         = "/healthz-e2e"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := run(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	mode := ""
	if len(os.Args) == 2 {
		mode = os.Args[1]
	}
	switch mode {
	case "iam":
		return iam(ctx)
	case "gateway":
		return gateway(ctx)
	}
	return fmt.Errorf("usage: s3 iam|gateway")
}

func iam(ctx context.Context) error {
	dir := os.Getenv("E2E_DIR")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	tls := os.Getenv("E2E_TLS_DIR")
	return embedgw.RunIAMAPI(ctx, &embedgw.IAMConfig{
		RootUserAccess:      os.Getenv("E2E_ROOT_ACCESS"),
		RootUserSecret:      os.Getenv("E2E_ROOT_SECRET"),
		Ports:               []string{os.Getenv("E2E_IAM_LISTEN")},
		MaxConnections:      maxConnections,
		MaxRequests:         maxRequests,
		HealthPath:          health,
		KeepAlive:           true,
		IAMDir:              dir,
		PrivatePorts:        []string{os.Getenv("E2E_IAM_PRIVATE")},
		PrivateCertFile:     filepath.Join(tls, "tls.crt"),
		PrivateKeyFile:      filepath.Join(tls, "tls.key"),
		PrivateClientCAFile: filepath.Join(tls, "ca.crt"),
	})
}

func gateway(ctx context.Context) error {
	buckets, versions, sidecar := filepath.Join(
		os.Getenv("E2E_DIR"),
		"buckets",
	), filepath.Join(
		os.Getenv("E2E_DIR"),
		"versions",
	), filepath.Join(
		os.Getenv("E2E_DIR"),
		"meta",
	)
	for _, d := range []string{buckets, versions, sidecar} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			return err
		}
	}
	// Metadata goes to files, since not every file system of a laptop or a CI runner has extended
	// attributes.
	m, err := meta.NewSideCar(sidecar)
	if err != nil {
		return err
	}
	opts := posix.PosixOpts{
		VersioningDir:       versions,
		SideCarDir:          sidecar,
		ValidateBucketNames: true,
		Concurrency:         maxRequests,
		CopyObjectThreshold: 5 << 30,
	}
	opts.SetNewDirPerm(0o700)
	opts.SetNewFilePerm(0o600)
	be, err := posix.New(buckets, m, opts)
	if err != nil {
		return err
	}
	tls := os.Getenv("E2E_TLS_DIR")
	return embedgw.RunVersityGW(ctx, be, &embedgw.Config{
		RootUserAccess:          os.Getenv("E2E_ROOT_ACCESS"),
		RootUserSecret:          os.Getenv("E2E_ROOT_SECRET"),
		Region:                  os.Getenv("E2E_REGION"),
		Ports:                   []string{os.Getenv("E2E_S3_LISTEN")},
		MaxConnections:          maxConnections,
		MaxRequests:             maxRequests,
		AdminMaxConnections:     maxConnections,
		AdminMaxRequests:        maxRequests,
		MultipartMaxParts:       10000,
		HealthPath:              health,
		KeepAlive:               true,
		DisableACLs:             true,
		StandaloneIAMEndpoint:   os.Getenv("E2E_IAM_PRIVATE"),
		StandaloneClientCert:    filepath.Join(tls, "tls.crt"),
		StandaloneClientCertKey: filepath.Join(tls, "tls.key"),
		StandaloneServerCA:      filepath.Join(tls, "ca.crt"),
		// A test that takes a right away wants to see it gone.
		IAMCacheDisable: true,
	})
}
