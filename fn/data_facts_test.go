package main

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/types/known/structpb"
)

// dataOf objects is all that identifies, protects, expires or opens data, by what it is.
func dataOf(t *testing.T, objects map[string]*structpb.Struct) map[string]string {
	t.Helper()
	facts := map[string]string{}
	add := func(name string, path ...string) {
		var value any = objects[name].AsMap()
		for _, step := range path {
			m, _ := value.(obj)
			value = m[step]
		}
		facts[name+" "+strings.Join(path, ".")] = string(must(json.Marshal(value)))
	}
	for name, o := range objects {
		if o.GetFields()["kind"].GetStringValue() == "StatefulSet" {
			add(name, "metadata", "name")
			add(name, "spec", "volumeClaimTemplates")
			add(name, "spec", "persistentVolumeClaimRetentionPolicy")
		}
		if fields(o, "spec")["providerConfigRef"] == nil {
			continue
		}
		add(name, "apiVersion")
		add(name, "metadata", "name")
		add(name, "spec", "providerConfigRef")
		add(name, "spec", "forProvider", "region")
		add(name, "spec", "forProvider", "path")
		add(name, "spec", "forProvider", "permissionsBoundary")
		add(name, "spec", "deletionPolicy")
		add(name, "spec", "managementPolicies")
		facts[name+" external name"] = fields(o, "metadata", "annotations")[annotationExternalName].GetStringValue()
		if facts[name+" external name"] == fields(o, "metadata")["name"].GetStringValue() {
			facts[name+" external name"] = "" // the provider's own, for objects that the function does not name
		}
	}
	add("bucket-public-access-block", "spec", "forProvider")
	add("bucket-encryption", "spec", "forProvider", "rule")
	add("bucket-versioning", "spec", "forProvider", "versioningConfiguration")
	add("launcher-config", "data")
	add("workflow-controller-config", "data")
	add("network-policy-api-server", "spec", "egress")
	for _, key := range readable(t, objects) {
		facts["readable "+key] = "yes"
	}
	for _, c := range objects["api-server-deployment"].AsMap()["spec"].(obj)["template"].(obj)["spec"].(obj)["containers"].([]any) {
		env, _ := c.(obj)["env"].([]any)
		for _, v := range env {
			if name := v.(obj)["name"].(string); strings.HasPrefix(name, "DBCONFIG") || strings.HasPrefix(name, "OBJECTSTORE") {
				facts["variable "+name] = string(must(json.Marshal(v)))
			}
		}
	}
	return facts
}

// readable keys are those that the policy lets the stack decrypt with.
func readable(t *testing.T, objects map[string]*structpb.Struct) []string {
	t.Helper()
	if objects["bucket-policy"] == nil {
		return nil
	}
	var policy struct {
		Statement []struct {
			Action   []string
			Resource string
		}
	}
	text := fields(objects["bucket-policy"], "spec", "forProvider")["policy"].GetStringValue()
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	var keys []string
	for _, s := range policy.Statement {
		if slices.Contains(s.Action, "kms:Decrypt") {
			keys = append(keys, s.Resource)
		}
	}
	return keys
}

// allowed says whether a fact about data may change: only by a field's own word.
func allowed(what, after string, said map[string]any) bool {
	edited := func(path string) bool { _, ok := said[path]; return ok }
	switch {
	case strings.HasSuffix(what, "deletionPolicy"), strings.HasSuffix(what, "managementPolicies"):
		database := strings.HasPrefix(what, "database")
		return database && said["claim.database.deletionPolicy"] == "Delete" || !database && said["claim.objectStore.deletionPolicy"] == "Delete"
	case what == "bucket-encryption spec.forProvider.rule":
		return edited("claim.objectStore.encryption") || said["class.objectStore.aws.kmsKeys"] != nil && strings.Contains(after, keyARN(1))
	case what == "bucket-versioning spec.forProvider.versioningConfiguration":
		return edited("claim.objectStore.versioning")
	case what == "variable DBCONFIG_MYSQLCONFIG_EXTRAPARAMS":
		return edited("class.database.shared.tls")
	default:
		return false
	}
}

// lostBlocks are those of a class that say where data is, by what is taken away.
var lostBlocks = map[string]string{
	"class.database": "database.shared", "class.database.shared": "database.shared",
	"class.objectStore": "objectStore.aws", "class.objectStore.aws": "objectStore.aws",
}

// goesWithBlock says whether the block that holds a field is taken away too.
func goesWithBlock(path string, said map[string]any) bool {
	for block := range lostBlocks {
		if _, lost := said[block]; lost && strings.HasPrefix(path, block+".") && lostBlocks[path] == "" {
			return true
		}
	}
	return false
}

// checkTold wants both values of every change that is not made in a condition, and no condition
// False for another reason.
func checkTold(t *testing.T, rsp *fnv1.RunFunctionResponse, class, claim obj, held map[string][]any, edits []edit, said map[string]any) {
	t.Helper()
	var told strings.Builder
	for _, c := range rsp.GetConditions() {
		if c.GetReason() == "MoveRefused" {
			told.WriteString(c.GetMessage() + "\n")
		}
	}
	messages := told.String()
	for _, e := range edits {
		if held[e.path] == nil || !reflect.DeepEqual(said[e.path], e.value) || goesWithBlock(e.path, said) {
			continue
		}
		if block := lostBlocks[e.path]; block != "" {
			if !strings.Contains(messages, block+" is not there") {
				t.Errorf("%v: nobody is told: %s", edits, messages)
			}
			continue
		}
		where, path, _ := strings.Cut(e.path, ".")
		parent, key := find(map[string]obj{"class": class, "claim": claim}[where], path)
		var was any
		if parent != nil {
			was = parent[key]
		}
		if reflect.DeepEqual(e.value, was) || e.path == "class.objectStore.aws.kmsKeys" ||
			e.path == "class.objectStore.aws.accountID" && e.value == nil {
			continue
		}
		if e.path == "class.clusterID" || e.path == "class.identitySalt" || e.path == "class.identityFrom" {
			if !strings.Contains(messages, "clusterID, identitySalt or identityFrom changed") {
				t.Errorf("%v: nobody is told: %s", edits, messages)
			}
			continue
		}
		if !strings.Contains(messages, path+" says ") {
			t.Errorf("%v: nobody is told of %s: %s", edits, e.path, messages)
		}
	}
}

// checkExpiry wants objects to expire only as the claim says, and where they are.
func checkExpiry(t *testing.T, rsp *fnv1.RunFunctionResponse, claim obj, edits []edit) {
	t.Helper()
	rules := fields(resourcesOf(rsp)["bucket-lifecycle"], "spec", "forProvider")["rule"].GetListValue().GetValues()
	parent, _ := find(claim, "objectStore.lifecycle.expireAfterDays")
	for _, rule := range rules {
		r := rule.GetStructValue().AsMap()
		if enabled := r["status"] == "Enabled"; enabled != (parent != nil) {
			t.Errorf("%v: the expiry is %v", edits, r)
		}
	}
	if parent != nil && len(rules) == 0 {
		t.Errorf("%v: nothing expires", edits)
	}
}
