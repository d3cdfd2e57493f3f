package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// Equal requests give byte-equal answers, whatever the order in which maps were filled, and however
// many calls for other stacks and other classes run at the same time. Anything volatile would make
// Crossplane write without end.
func TestEqualRequestsGiveEqualAnswers(t *testing.T) {
	const times = 6
	f := quiet()
	var group sync.WaitGroup
	for _, name := range scenarioNames(t) {
		s := scenarioOf(t, name)
		answers := make([][]byte, times)
		for i := range times {
			group.Go(func() {
				raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(s.run(t, f))
				if err != nil {
					t.Error(err)
				}
				answers[i] = raw
			})
		}
		defer func() {
			for i := range answers {
				if !bytes.Equal(answers[0], answers[i]) {
					t.Fatalf("%s: two answers to one request", name)
				}
			}
		}()
	}
	group.Wait()
}

// A request is full of passwords. They go to pods by reference, and the bucket's keys into the one
// Secret that the design declares.
func TestPasswordsStayWhereTheyBelong(t *testing.T) {
	declared := types.NamespacedName{Namespace: "team-a", Name: "mlpipeline-minio-artifact"}
	const old, credential, composite = "fake-key-from-before", "fake-credential-of-function", "fake-password-of-composite"
	password := madeUpPassword("database-user", "first")
	needles := []string{
		password, madeUpUser("bucket-access-key"), madeUpPassword("bucket-access-key", "first"), old, credential, composite,
	}

	breaks := map[string]func(*scenario){
		"Valid":        func(*scenario) {},
		"InvalidSpec":  func(s *scenario) { put(s.spec(), "release", "0.0.1") },
		"NoSuchField":  func(s *scenario) { put(s.spec(), "database.password", password) },
		"WrongType":    func(s *scenario) { put(s.spec(), "database", password) },
		"WrongWord":    func(s *scenario) { put(s.spec(), "database.mode", password) },
		"BadPlatform":  func(s *scenario) { put(s.classSpec(), "clusterID", "") },
		"OtherCluster": func(s *scenario) { put(s.classSpec(), "clusterID", "other") },
		"KeysGone":     func(s *scenario) { s.required = s.required[:1] },
	}
	for name, change := range breaks {
		t.Run(name, func(t *testing.T) {
			log := &recorder{}
			s := scenarioOf(t, "quickstart")
			s.getReady(t, quiet())
			for _, o := range s.observed {
				if o["kind"] == "Secret" {
					o["data"] = obj{
						"accesskey": base64.StdEncoding.EncodeToString([]byte(old)),
						"secretkey": base64.StdEncoding.EncodeToString([]byte(old)),
					}
				}
			}
			change(s)
			c := s.cluster(NewFunction(log, stack.Releases(), prometheus.NewRegistry()))
			req := c.request(nil)
			req.Observed.Composite.ConnectionDetails = map[string][]byte{"password": []byte(composite)}
			req.Credentials = map[string]*fnv1.Credentials{"admin": {Source: &fnv1.Credentials_CredentialData{
				CredentialData: &fnv1.CredentialData{Data: map[string][]byte{"password": []byte(credential)}},
			}}}
			rsp := c.ask(t, req)

			for _, haystack := range []any{log.text.String(), summary(rsp), desired(rsp)} {
				for _, err := range check.Secrets(haystack, needles, declared) {
					t.Error(err)
				}
			}
			if name == "Valid" && len(check.Secrets(desired(rsp), needles)) != 2 {
				t.Error("the declared Secret holds something else than the two parts of the key")
			}
			if log.text.Len() == 0 {
				t.Error("nothing was logged, so nothing was searched")
			}
		})
	}
}

// What earlier steps of the pipeline want is theirs.
func TestEarlierStepsPassThrough(t *testing.T) {
	statuses := map[string]obj{
		"Status":      {"status": obj{"earlier": "step", "release": "overwritten"}},
		"EmptyStatus": {"status": obj{}},
		"NullStatus":  {"status": nil},
		"NoStatus":    {"spec": obj{"other": "field"}},
	}
	for name, composite := range statuses {
		t.Run(name, func(t *testing.T) {
			s := scenarioOf(t, "quickstart")
			c := s.cluster(quiet())
			req := c.request(nil)
			req.Context = object(obj{"from": "before"})
			req.Desired = earlier(t)
			req.Desired.Composite = &fnv1.Resource{
				Resource: object(composite), Ready: fnv1.Ready_READY_TRUE, ConnectionDetails: map[string][]byte{"a": []byte("b")},
			}
			req = wired(t, req)
			rsp := c.ask(t, req)

			if message := refusal(rsp); message != "" {
				t.Fatal(message)
			}
			for name, r := range earlier(t).GetResources() {
				if diff := cmp.Diff(r, rsp.GetDesired().GetResources()[name], protocmp.Transform()); diff != "" {
					t.Errorf("resource %s: (-before +after):\n%s", name, diff)
				}
			}
			if diff := cmp.Diff(object(obj{"from": "before"}), rsp.GetContext(), protocmp.Transform()); diff != "" {
				t.Errorf("context (-before +after):\n%s", diff)
			}
			is := rsp.GetDesired().GetComposite()
			if is.GetReady() != fnv1.Ready_READY_TRUE || string(is.GetConnectionDetails()["a"]) != "b" {
				t.Errorf("readiness or connection details of the composite changed: %v", is)
			}
			got := check.Normalize(is.GetResource().AsMap())
			if release, _ := got["status"].(obj)["release"].(string); release == "" || release == "overwritten" {
				t.Errorf("the stack's own status is not there: %v", got)
			}
			if status, _ := composite["status"].(obj); status["earlier"] != got["status"].(obj)["earlier"] {
				t.Errorf("the status of an earlier step is gone: %v", got)
			}
			if diff := cmp.Diff(composite["spec"], got["spec"]); diff != "" {
				t.Errorf("spec (-before +after):\n%s", diff)
			}
		})
	}
}

func earlier(t *testing.T) *fnv1.State {
	t.Helper()
	return &fnv1.State{Resources: map[string]*fnv1.Resource{
		"of-an-earlier-step": {Ready: fnv1.Ready_READY_TRUE, Resource: object(obj{
			"apiVersion": "v1", "kind": "ConfigMap", "metadata": obj{"name": "earlier", "namespace": "team-a"}, "data": obj{"empty": ""},
		})},
	}}
}

// Whatever is wrong, the answer sets every condition, since Crossplane makes those Unknown that a
// fatal result leaves out, and takes nothing away from what the request desires.
func TestFatalAnswersAreComplete(t *testing.T) {
	cases := map[string]struct {
		reason  string
		change  func(s *scenario, req *fnv1.RunFunctionRequest)
		message string // that the fatal result must contain
	}{
		"Spec": {
			"a release that nobody knows",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { s.spec()["release"] = "9.9.9" },
			"spec.release",
		},
		"Schema": {
			"a field that nobody knows",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { s.spec()["releese"] = "2.17.0" },
			"spec.releese",
		},
		"Class": {
			"a class that cannot be",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { s.classSpec()["clusterID"] = "A B" },
			"class/default: spec.clusterID",
		},
		"NoClass": {
			"the class is missing",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { s.required = nil },
			"class/default: spec: Forbidden: the class is gone",
		},
		"Input": {
			"an input that cannot be",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { s.input["classResolution"] = "Perhaps" },
			"input.classResolution",
		},
		"OldCrossplane": {
			"nobody would ever answer",
			func(_ *scenario, req *fnv1.RunFunctionRequest) { req.Meta.Capabilities = nil },
			"Crossplane 2.4.0",
		},
		"NoClaim": {
			"any claim could take it over",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { delete(s.spec(), "claimRef") },
			"spec.claimRef",
		},
		"HalfAClaim": {
			"half a claim is none",
			func(s *scenario, _ *fnv1.RunFunctionRequest) { delete(s.spec()["claimRef"].(obj), "name") },
			"spec.claimRef",
		},
		"Collision": {"two steps cannot want one resource", func(_ *scenario, req *fnv1.RunFunctionRequest) {
			req.Desired.Resources["metadata-service"] = proto.CloneOf(req.GetDesired().GetResources()["of-an-earlier-step"])
		}, "metadata-service"},
	}
	s := scenarioOf(t, "quickstart")
	s.getReady(t, quiet())
	every := conditionTypes(s.run(t, quiet()))
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, req := s.clone(), s.cluster(quiet()).request(nil)
			req.Desired = earlier(t)
			tc.change(s, req)
			c := s.cluster(quiet())
			req.Input, req.Observed = c.input, c.request(nil).GetObserved()
			rsp := c.ask(t, req)

			if message := refusal(rsp); !strings.Contains(message, tc.message) {
				t.Errorf("%s: the result is %q, want it to contain %q", tc.reason, message, tc.message)
			}
			if diff := cmp.Diff(every, conditionTypes(rsp)); diff != "" {
				t.Errorf("%s: conditions (-all +set):\n%s", tc.reason, diff)
			}
			for name, r := range req.GetDesired().GetResources() {
				if diff := cmp.Diff(r, rsp.GetDesired().GetResources()[name], protocmp.Transform()); diff != "" {
					t.Errorf("%s: resource %s (-before +after):\n%s", tc.reason, name, diff)
				}
			}
			for _, c := range rsp.GetConditions() {
				if c.GetTarget() != fnv1.Target_TARGET_COMPOSITE_AND_CLAIM {
					t.Errorf("%s: the claim hears nothing of %s", tc.reason, c.GetType())
				}
			}
		})
	}
}

// conditionTypes of an answer. A condition that is set twice shows twice.
func conditionTypes(rsp *fnv1.RunFunctionResponse) []string {
	var types []string
	for _, c := range rsp.GetConditions() {
		types = append(types, c.GetType())
	}
	return types
}

// recorder is a logger that keeps all that it is given, at every level.
type recorder struct {
	text  bytes.Buffer
	mutex sync.Mutex
}

func (r *recorder) Info(msg string, keysAndValues ...any)  { r.write(msg, keysAndValues) }
func (r *recorder) Debug(msg string, keysAndValues ...any) { r.write(msg, keysAndValues) }

func (r *recorder) WithValues(keysAndValues ...any) logging.Logger {
	r.write("with", keysAndValues)
	return r
}

func (r *recorder) write(msg string, values []any) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	fmt.Fprintf(&r.text, "%s %v %+v %s\n", msg, values, values, values)
}
