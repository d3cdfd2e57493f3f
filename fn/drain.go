package main

import (
	"context"
	"sync"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// drain lets a server answer what it has begun before the process ends. The SDK
// keeps its gRPC server to itself, so this stands in front of the function.
type drain struct {
	fnv1.FunctionRunnerServiceServer

	running sync.RWMutex // read-locked by each call
}

// RunFunction calls the function, or turns the caller away when the process is about to end.
// Crossplane tries again elsewhere.
func (d *drain) RunFunction(ctx context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	if !d.running.TryRLock() {
		return nil, status.Error(codes.Unavailable, "the function is stopping")
	}
	defer d.running.RUnlock()
	return d.FunctionRunnerServiceServer.RunFunction(ctx, req)
}

// stop takes no more calls, waits for those that run, and leaves their answers the given time to be
// sent.
func (d *drain) stop(flush time.Duration) {
	d.running.Lock()
	time.Sleep(flush)
}
