package main

import (
	"context"
	"strings"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"github.com/crossplane/function-sdk-go/response"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// Function composes PipelineStacks.
type Function struct {
	fnv1.UnimplementedFunctionRunnerServiceServer

	log logging.Logger
	// now is the one clock, for how soon Crossplane calls again.
	now func() time.Time
	// random is the one source of secrets that nobody provides.
	random func(length int) string
	// certify makes certificates of the auth proxy where nobody brings one.
	certify func(names []string, now time.Time) stack.Certificate
	inputs  *inputCache
	classes *classCache
	metrics *metrics
}

// NewFunction returns a Function that composes releases of a catalogue and registers its metrics.
func NewFunction(log logging.Logger, catalogue stack.Catalogue, r prometheus.Registerer) *Function {
	return &Function{
		log:     log,
		now:     time.Now,
		random:  randomText,
		certify: newCertificate,
		inputs:  &inputCache{},
		classes: &classCache{catalogue: catalogue, classes: map[string]*decodedClass{}},
		metrics: newMetrics(r),
	}
}

// RunFunction answers one call: decode, validate, plan, encode. Whatever is wrong with the input
// becomes one fatal result that names all of it; Crossplane then leaves everything as it is. A call
// ends with its context: each step is short, since what it reads has bounds, and none begins for a
// caller who is gone.
func (f *Function) RunFunction(ctx context.Context, req *fnv1.RunFunctionRequest) (*fnv1.RunFunctionResponse, error) {
	if err := waitedFor(ctx); err != nil {
		return nil, err
	}
	rsp := response.To(req, response.DefaultTTL)
	xr := req.GetObserved().GetComposite().GetResource()
	world := decodeWorld(req)
	world.Random = f.random
	world.Certify = func(names []string) stack.Certificate { return f.certify(names, f.now()) }

	if !request.HasCapability(req, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES) {
		// Without it no answer ever comes, neither about the class nor about what the cluster
		// holds.
		return f.invalid(
			rsp,
			xr,
			world,
			resultInput,
			errors.New("this Crossplane hands no required resources to functions: use Crossplane 2.4.0 or newer"),
		), nil
	}
	input, errs := f.inputs.decode(req.GetInput())
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultInput, together(errs)), nil
	}
	claim, errs := decodeClaim(xr)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultSpec, together(errs)), nil
	}
	lookup, errs := stack.FindClass(claim, input, world)
	encodeRequirements(rsp, lookup.Requires)
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultOf(errs), together(errs)), nil
	}
	var class *stack.Class
	switch {
	case lookup.Found.Exists():
		class, errs = f.classes.decode(lookup.Found.Object)
	case lookup.Without != "":
		class = f.classes.without(lookup.Without)
	default:
		return f.asked(rsp), nil
	}
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultInput, together(errs)), nil
	}
	if err := waitedFor(ctx); err != nil {
		return nil, err
	}
	s, errs := stack.New(claim, class, world)
	requires, answered := s.Requires()
	encodeRequirements(rsp, requires)
	if !answered {
		return f.asked(rsp), nil
	}
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultOf(errs), together(errs)), nil
	}
	plan, errs := s.Plan()
	if len(errs) > 0 {
		return f.invalid(rsp, xr, world, resultOf(errs), together(errs)), nil
	}

	if err := waitedFor(ctx); err != nil {
		return nil, err
	}
	if err := encode(rsp, plan, class, world, f.now()); err != nil {
		return f.invalid(rsp, xr, world, resultFailed, err), nil
	}
	f.metrics.results.WithLabelValues(resultComposed).Inc()
	f.metrics.stacks.saw(world.UID, s.Release.Name, plan.Ready)
	f.log.Debug("composed", "namespace", s.Namespace, "name", s.Name, "release", s.Release.Name,
		"resources", len(plan.Resources), "observed", len(world.Observed), "asked", len(plan.Requires), "ready", plan.Ready)
	return rsp, nil
}

// waitedFor says that nobody waits for the answer any more, as gRPC says it to whoever does.
func waitedFor(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return status.Error(status.FromContextError(err).Code(), "the call ends unanswered, since its caller gave up: "+err.Error())
	}
	return nil
}

// asked answers with requirements alone: Crossplane calls again with what was asked for.
func (f *Function) asked(rsp *fnv1.RunFunctionResponse) *fnv1.RunFunctionResponse {
	f.metrics.results.WithLabelValues(resultAsked).Inc()
	return rsp
}

// invalid answers with everything that is wrong. All conditions are set first: Crossplane makes
// those Unknown that a fatal result leaves out.
func (f *Function) invalid(
	rsp *fnv1.RunFunctionResponse,
	xr *structpb.Struct,
	w stack.World,
	result string,
	err error,
) *fnv1.RunFunctionResponse {
	f.metrics.results.WithLabelValues(result).Inc()
	encodeConditions(rsp, stack.InvalidConditions(err.Error(), w), w)
	response.Fatal(rsp, err)
	f.log.Info("refused", "composite", xr.GetFields()["metadata"].GetStructValue().GetFields()["name"].GetStringValue(), "error", err)
	return rsp
}

// maxErrors is how many errors are told at once: a condition and an event hold some.
const maxErrors = 64

// together are errors as one.
func together(errs field.ErrorList) error {
	if more := len(errs) - maxErrors; more > 0 {
		return errors.Errorf("%s, and %d others", errs[:maxErrors].ToAggregate(), more)
	}
	return errs.ToAggregate()
}

// resultOf errors: the spec's if the tenant can mend any of them, else the class's or the input's.
func resultOf(errs field.ErrorList) string {
	for _, e := range errs {
		if strings.HasPrefix(e.Field, "spec") || strings.HasPrefix(e.Field, "metadata") {
			return resultSpec
		}
	}
	return resultInput
}
