package main

import (
	"context"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/response"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Function composes PipelineStacks.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	log      logging.Logger
	platform *platformCache
	metrics  *metrics
}

// NewFunction returns a Function that composes releases of a catalogue and registers its metrics.
func NewFunction(log logging.Logger, catalogue stack.Catalogue, r prometheus.Registerer) *Function {
	return &Function{log: log, platform: &platformCache{catalogue: catalogue}, metrics: newMetrics(r)}
}

// RunFunction answers one call: decode, validate, plan, encode. Whatever is wrong with the input becomes one fatal result
// that names all of it; Crossplane then leaves everything as it is.
func (f *Function) RunFunction(_ context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	rsp := response.To(req, response.DefaultTTL)
	xr := req.GetObserved().GetComposite().GetResource()
	world := decodeWorld(req)

	env, known, err := environment(req, rsp)
	if err != nil {
		return f.invalid(rsp, xr, world, resultInput, err), nil
	}
	if !known {
		f.metrics.results.WithLabelValues(resultAsked).Inc()
		return rsp, nil // Crossplane calls again with what was asked for
	}
	platform, errs := f.platform.decode(req.GetInput(), env)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultInput, errs.ToAggregate()), nil
	}
	claim, errs := decodeClaim(xr)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultSpec, errs.ToAggregate()), nil
	}
	s, errs := stack.New(claim, platform, world)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultSpec, errs.ToAggregate()), nil
	}
	plan, errs := s.Plan(world)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultSpec, errs.ToAggregate()), nil
	}

	if err := encode(rsp, plan, platform, world); err != nil {
		return f.invalid(rsp, xr, world, resultFailed, err), nil
	}
	f.metrics.results.WithLabelValues(resultComposed).Inc()
	f.metrics.stacks.saw(world.UID, s.Release.Name, plan.Ready)
	f.log.Debug("composed", "namespace", s.Namespace, "name", s.Name, "release", s.Release.Name,
		"resources", len(plan.Resources), "observed", len(world.Observed), "asked", len(plan.Requires), "ready", plan.Ready)
	return rsp, nil
}

// invalid answers with everything that is wrong. All conditions are set first: Crossplane makes those Unknown that a fatal result leaves out.
func (f *Function) invalid(rsp *fnv1.RunFunctionResponse, xr *structpb.Struct, w stack.World, result string, err error) *fnv1.RunFunctionResponse {
	f.metrics.results.WithLabelValues(result).Inc()
	encodeConditions(rsp, stack.InvalidConditions(err.Error(), w), w)
	response.Fatal(rsp, err)
	f.log.Info("refused", "composite", xr.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue(), "error", err)
	return rsp
}
