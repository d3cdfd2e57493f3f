// Package main plays the Crossplane providers that the project depends on and that no machine can
// run by itself, for tests: the S3 and IAM kinds of provider-upjet-aws on a real S3 server with a
// real IAM service. It is NOT a provider: it knows the kinds and fields that PipelineStack uses and
// has the weaknesses that the real one has.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/dynamic"
	client "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/aws"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

const banner = `
###########################################################################
#  STAND-IN FOR TESTS. This is not provider-aws. It plays it on local     #
#  servers. Never point it at anything you need.                          #
###########################################################################`

func main() {
	var e aws.Endpoints
	flag.StringVar(&e.S3, "s3", "", "URL of the S3 server")
	flag.StringVar(&e.IAM, "iam", "", "URL of the IAM service")
	poll := flag.Duration("poll", 10*time.Second, "how often each resource is looked at when nothing changes")
	flag.Parse()
	log.Print(banner)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := run(ctx, e, *poll)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, e aws.Endpoints, poll time.Duration) error {
	cfg, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	cfg.QPS = -1
	c := &managed.Client{}
	if c.Dynamic, err = dynamic.NewForConfig(cfg); err != nil {
		return err
	}
	if c.Kube, err = client.NewForConfig(cfg); err != nil {
		return err
	}
	managed.Run(ctx, c, poll, aws.Kinds(c, e)...)
	return nil
}
