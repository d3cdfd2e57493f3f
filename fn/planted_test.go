package main

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/fn/stack"
)

// TestPlantedObjects has somebody put Crossplane's annotation on objects of another kind, each under the
// name of a resource that the function remembers something by. Nothing follows from them.
func TestPlantedObjects(t *testing.T) {
	plain := newCluster(stack.Releases(), true, nil, simpleClass())
	want := fields(plain.reconcile(t).GetDesired().GetComposite().GetResource(), "status", "database")["name"].GetStringValue()
	for _, resource := range []string{
		"database", "database-user", "database-grant", "bucket", "bucket-user", "bucket-policy", "bucket-access-key",
		"object-store-secret", "api-server-deployment",
	} {
		t.Run(resource, func(t *testing.T) {
			c := newCluster(stack.Releases(), true, nil, simpleClass())
			c.objects[resource] = object(obj{
				"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow",
				"metadata": obj{"name": "planted", "namespace": clusterTenant, "annotations": obj{
					annotationResource: resource, annotationExternalName: "company-finance", annotationCreated: someTime,
					stack.AnnotationRelease: "2.16.1", "pipelines.opendatahub.io/class": "restricted",
				}},
				"spec":   obj{"providerConfigRef": obj{"name": "admin"}, "forProvider": obj{"region": "us-east-1", "path": "/admin/"}},
				"data":   obj{"accesskey": "c3RvbGVu", "secretkey": "c3RvbGVu"},
				"status": obj{"atProvider": obj{"arn": "arn:aws:iam::999999999999:user/x"}},
			})
			c.details[resource] = map[string][]byte{
				"username": []byte("stolen"),
				"password": []byte("stolen"),
				"endpoint": []byte("stolen"),
				"port":     []byte("1"),
			}
			rsp := c.ask(t, c.request(nil))
			if message := refusal(rsp); message != "" {
				t.Fatalf("the stack is refused: %s", message)
			}
			status := fields(rsp.GetDesired().GetComposite().GetResource(), "status")
			if got := status["database"].GetStructValue().GetFields()["name"].GetStringValue(); got != want {
				t.Errorf("the stack is called %s, want %s", got, want)
			}
			for _, word := range []string{"company-finance", "admin", "us-east-1", "999999999999", "stolen", "c3RvbGVu", "2.16.1", "restricted"} {
				for name, r := range rsp.GetDesired().GetResources() {
					if text := structpb.NewStructValue(r.GetResource()).String(); strings.Contains(text, word) {
						t.Errorf("%s holds %q, which somebody planted", name, word)
					}
				}
			}
		})
	}
}
