package main

import (
	"github.com/crossplane/function-sdk-go/errors"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/crossplane/function-sdk-go/request"
	"google.golang.org/protobuf/types/known/structpb"
)

// requirementEnvironment is the key under which Crossplane is asked for the EnvironmentConfig that the input names.
const requirementEnvironment = "environment"

// environment returns the data of the EnvironmentConfig that the platform's input names, asking Crossplane for it in the response. It
// is not known before Crossplane has answered, which it does by calling again at once.
func environment(req *fnv1.RunFunctionRequest, rsp *fnv1.RunFunctionResponse) (data *structpb.Struct, known bool, err error) {
	if !request.HasCapability(req, fnv1.Capability_CAPABILITY_REQUIRED_RESOURCES) {
		// Without it no answer ever comes, neither about the platform nor about what the cluster holds.
		return nil, false, errors.New("this Crossplane hands no required resources to functions: use Crossplane 2.2 or newer")
	}
	name := req.GetInput().GetFields()["environmentConfigRef"].GetStructValue().GetFields()["name"].GetStringValue()
	if name == "" {
		return nil, true, nil
	}
	rsp.Requirements = &fnv1.Requirements{Resources: map[string]*fnv1.ResourceSelector{requirementEnvironment: {
		ApiVersion: "apiextensions.crossplane.io/v1beta1",
		Kind:       "EnvironmentConfig",
		Match:      &fnv1.ResourceSelector_MatchName{MatchName: name},
	}}}
	answer, known := req.GetRequiredResources()[requirementEnvironment]
	if !known {
		return nil, false, nil
	}
	if len(answer.GetItems()) == 0 {
		return nil, true, errors.Errorf("input.environmentConfigRef: Not found: there is no EnvironmentConfig named %s", name)
	}
	return answer.GetItems()[0].GetResource().GetFields()["data"].GetStructValue(), true, nil
}
