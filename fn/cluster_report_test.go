package main

import (
	"encoding/base64"
	"maps"
	"strconv"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/pipelinestack/function-pipelinestack/internal/check"
)

// wellbeing of what stands behind an object.
type wellbeing int

const (
	well wellbeing = iota
	sick           // its controller says what is wrong
	mute           // nobody has reported on it
)

// someTime is when everything happened.
const someTime = "2026-01-01T00:00:00Z"

// report writes what an object's controller or provider does, and what a provider publishes.
func (c *cluster) report(name string, h wellbeing) {
	o := c.objects[name]
	if o == nil {
		return
	}
	kind, isManaged := o.GetFields()["kind"].GetStringValue(), fields(o, "spec")["providerConfigRef"] != nil
	isDeployment, isServer := kind == "Deployment", kind == "StatefulSet"
	switch {
	case !isDeployment && !isServer && !isManaged: // works as soon as it is there
	case h == mute:
		delete(o.GetFields(), "status")
	case isDeployment, isServer:
		o.Fields["status"] = structpb.NewStructValue(deploymentStatus(o, h))
		if isServer {
			delete(o.GetFields()["status"].GetStructValue().GetFields(), "conditions") // it has none
		}
	default:
		annotations := part(part(o, "metadata"), "annotations")
		if annotations.GetFields()[annotationExternalName] == nil {
			set(annotations, map[string]any{annotationExternalName: fields(o, "metadata")["name"].GetStringValue()})
		}
		o.Fields["status"] = structpb.NewStructValue(managedStatus(o, h))
		if h == well && c.details[name] == nil {
			c.connect(name)
		}
	}
	if difference := c.differences[name]; difference != nil {
		c.objects[name] = object(merged(check.Normalize(o.AsMap()), difference))
	}
}

func deploymentStatus(o *structpb.Struct, h wellbeing) *structpb.Struct {
	available, progressing := conditionOf(
		"Available",
		"True",
		"MinimumReplicasAvailable",
	), conditionOf(
		"Progressing",
		"True",
		"NewReplicaSetAvailable",
	)
	status := map[string]any{"observedGeneration": fields(o, "metadata")["generation"].GetNumberValue()}
	if replicas := fields(o, "spec")["replicas"].GetNumberValue(); replicas > 0 {
		status["replicas"], status["updatedReplicas"], status["readyReplicas"], status["availableReplicas"] = replicas, replicas, replicas, replicas
	}
	if h == sick {
		delete(status, "readyReplicas")
		delete(status, "availableReplicas")
		available, progressing = conditionOf(
			"Available",
			"False",
			"MinimumReplicasUnavailable",
		), conditionOf(
			"Progressing",
			"False",
			"ProgressDeadlineExceeded",
		)
		progressing["message"] = "it has timed out progressing"
	}
	status["conditions"] = []any{available, progressing}
	return object(status)
}

func managedStatus(o *structpb.Struct, h wellbeing) *structpb.Struct {
	synced := conditionOf("Synced", "True", "ReconcileSuccess")
	if h == sick {
		synced = conditionOf("Synced", "False", "ReconcileError")
		synced["message"] = "the other side refuses"
	}
	found := map[string]any{"id": fields(o, "metadata")["name"].GetStringValue()}
	if strings.HasPrefix(o.GetFields()["apiVersion"].GetStringValue(), "iam.aws.") {
		found["arn"] = "arn:aws:iam::123456789012:some/" + fields(o, "metadata")["name"].GetStringValue()
	}
	return object(map[string]any{
		"atProvider": found,
		"conditions": []any{conditionOf("Ready", "True", "Available"), synced},
	})
}

func conditionOf(typ, status, reason string) map[string]any {
	return map[string]any{"type": typ, "status": status, "reason": reason, "lastTransitionTime": someTime}
}

// connect an object with the Secret that it writes: one that is there already, or a made-up one.
func (c *cluster) connect(name string) {
	namespace, secret := connectionSecret(c.objects[name])
	if secret == "" {
		return
	}
	found := c.find("v1", "Secret", namespace, secret)
	if len(fields(found, "data")) == 0 && !c.silent {
		c.publish(name, "first")
	} else if found != nil {
		c.details[name] = map[string][]byte{}
		for key, value := range fields(found, "data") {
			c.details[name][key] = must(base64.StdEncoding.DecodeString(value.GetStringValue()))
		}
	}
}

// connectionSecret that an object writes, in its own namespace or the one that it names; no name if
// it writes none.
func connectionSecret(o *structpb.Struct) (namespace, name string) {
	ref := fields(o, "spec", "writeConnectionSecretToRef")
	if namespace = fields(o, "metadata")["namespace"].GetStringValue(); namespace == "" {
		namespace = ref["namespace"].GetStringValue()
	}
	return namespace, ref["name"].GetStringValue()
}

// publish connection details that hold a word in every secret part. Logins are for the server that the
// class names.
func (c *cluster) publish(name, word string) {
	host, port := "mysql.example.org", "3306"
	for _, o := range c.others {
		if o.GetFields()["kind"].GetStringValue() != kindClass {
			continue
		}
		shared := fields(o, "spec", "database", "shared")
		host = shared["host"].GetStringValue()
		if n := shared["port"].GetNumberValue(); n > 0 {
			port = strconv.Itoa(int(n))
		}
	}
	c.details[name] = map[string][]byte{
		"username": []byte(madeUpUser(name)),
		"password": []byte(madeUpPassword(name, word)),
		"endpoint": []byte(host),
		"port":     []byte(port),
	}
}

// Every password begins alike, and holds characters that some encoding changes.
const madeUp = "s3cret/"

func madeUpPassword(name, word string) string { return madeUp + name + "+" + word }

func madeUpUser(name string) string { return "user-of-" + name }

// heal has every controller and provider report that all is well.
func (c *cluster) heal() {
	for name := range maps.Clone(c.objects) {
		c.report(name, well)
	}
}

// settle reconciles and heals until nothing changes any more, and returns the last answer.
func (c *cluster) settle(t testing.TB) *fnv1.RunFunctionResponse {
	t.Helper()
	last := c.reconcile(t)
	for range 12 {
		c.heal()
		rsp := c.reconcile(t)
		if proto.Equal(rsp, last) {
			return rsp
		}
		last = rsp
	}
	t.Fatal("the stack never settles")
	return nil
}
