package main

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// Every place of a pod that can name a Secret, as the types of Kubernetes' API have it, is closed to
// the stack's own: also those that a later version brings.
func TestNoPlaceOfAPodNamesTheStacksSecrets(t *testing.T) {
	places := secretPlaces(reflect.TypeFor[corev1.PodSpec](), nil)

	// Three kinds of containers with two places each, ten kinds of volumes, pull secrets.
	if len(places) < 17 {
		t.Fatalf("found only the places %v", places)
	}

	whole := policies(t, flavours[0])
	a := newAdmitter(t, whole, true, stackOf("Baseline"))
	open := newAdmitter(t, without(t, whole, fence, bySecret), true, stackOf("Baseline"))

	for _, place := range places {
		for name, admitted := range map[string]bool{
			"ml-pipeline-database": false, "ml-pipeline-anything": false, "given-tls": false, "mlpipeline-minio-artifact": true, "team-token": true,
		} {
			pod := step(t, `{}`)
			put(pod.Object["spec"].(map[string]any), place, name)

			err := a.ask(t.Context(), write{who: tenant, object: pod})
			if refused := err != nil && strings.Contains(err.Error(), bySecret); refused == admitted {
				t.Errorf("%s: %s: want admitted %v, got: %v", strings.Join(place, "."), name, admitted, err)
			}

			if err := open.ask(t.Context(), write{who: tenant, object: pod}); err != nil {
				t.Errorf("%s: without the validation it should pass, and the case shows nothing: %v", strings.Join(place, "."), err)
			}
		}
	}
}

// SecretPlaces are the paths below a type that hold the name of a Secret; [] is an element of a list.
func secretPlaces(t reflect.Type, path []string) [][]string {
	switch t.Kind() {
	case reflect.Pointer:
		return secretPlaces(t.Elem(), path)
	case reflect.Slice:
		return secretPlaces(t.Elem(), append(path, "[]"))
	case reflect.Struct:
	default:
		return nil
	}

	at := func(more ...string) []string { return append(append([]string{}, path...), more...) }
	last := path[max(0, len(path)-1):]

	switch t {
	case reflect.TypeFor[corev1.SecretKeySelector](), reflect.TypeFor[corev1.SecretEnvSource](), reflect.TypeFor[corev1.SecretProjection](),
		reflect.TypeFor[corev1.SecretReference]():
		return [][]string{at("name")}
	case reflect.TypeFor[corev1.LocalObjectReference]():
		return [][]string{at("name")} // of ConfigMaps it is embedded, and has no path of its own
	}

	var found [][]string

	for i := range t.NumField() {
		f := t.Field(i)

		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "secretName":
			found = append(found, at(name))
		case name == "" && f.Type == reflect.TypeFor[corev1.LocalObjectReference](): // embedded, in what names a ConfigMap
		case name == "":
			found = append(found, secretPlaces(f.Type, at(last[len(last):]...))...)
		default:
			found = append(found, secretPlaces(f.Type, at(name))...)
		}
	}

	return found
}

// Put sets the value at a path, in one more element of each list.
func put(into map[string]any, path []string, value string) {
	switch {
	case len(path) == 1:
		into[path[0]] = value
	case path[1] == "[]":
		element := map[string]any{"name": "more"}
		put(element, path[2:], value)
		list, _ := into[path[0]].([]any)
		into[path[0]] = append(list, element)
	default:
		below := map[string]any{}
		put(below, path[1:], value)
		into[path[0]] = below
	}
}

// contexts are changes of a pod that Pod Security has an opinion on, beside the attacks.
var contexts = []string{
	`{}`,
	`{spec: {hostIPC: true}}`,
	`{spec: {containers: [{name: main, lifecycle: {preStop: {tcpSocket: {host: "10.0.0.1", port: 80}}}}]}}`,
	`{spec: {containers: [{name: main, startupProbe: {httpGet: {port: 80}}}]}}`,
	`{spec: {initContainers: [{name: init, readinessProbe: {tcpSocket: {host: localhost, port: 80}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {capabilities: {add: [SYS_ADMIN]}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {capabilities: {add: [ALL]}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {capabilities: {add: [NET_BIND_SERVICE]}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {capabilities: {drop: [NET_RAW]}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {capabilities: null}}]}}`,
	`{spec: {containers: [{name: main, securityContext: null}]}}`,
	`{spec: {containers: [{name: main, securityContext: {runAsNonRoot: false}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {runAsNonRoot: null}}]}}`,
	`{spec: {securityContext: {runAsNonRoot: false}}}`,
	`{spec: {securityContext: {runAsNonRoot: null}}}`,
	`{spec: {securityContext: {runAsUser: 0}}}`,
	`{spec: {securityContext: {runAsUser: 1000}}}`,
	`{spec: {securityContext: null}}`,
	`{spec: {securityContext: {seccompProfile: {type: Unconfined}}}}`,
	`{spec: {securityContext: {seccompProfile: {type: Localhost, localhostProfile: a}}}}`,
	`{spec: {containers: [{name: main, securityContext: {seccompProfile: {type: Unconfined}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {seccompProfile: {type: RuntimeDefault}}}]}}`,
	`{spec: {securityContext: {seLinuxOptions: {type: container_t, level: "s0:c1"}}}}`,
	`{spec: {securityContext: {seLinuxOptions: {user: system_u}}}}`,
	`{spec: {containers: [{name: main, securityContext: {seLinuxOptions: {role: system_r}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {appArmorProfile: {type: RuntimeDefault}}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {procMount: Default}}]}}`,
	`{spec: {containers: [{name: main, securityContext: {windowsOptions: {hostProcess: true}}}]}}`,
	`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/main: runtime/default}}}`,
	`{metadata: {annotations: {container.apparmor.security.beta.kubernetes.io/main: localhost/a}}}`,
	`{spec: {securityContext: {sysctls: [{name: net.ipv4.tcp_rmem, value: "1"}, {name: net.ipv4.tcp_syncookies, value: "1"}]}}}`,
	`{spec: {securityContext: {sysctls: [{name: net.core.somaxconn, value: "1"}]}}}`,
	`{spec: {volumes: [{name: v, csi: {driver: a}}]}}`,
	`{spec: {volumes: [{name: v, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce]}}}}]}}`,
	`{spec: {volumes: [{name: v, downwardAPI: {items: []}}]}}`,
	`{spec: {volumes: [{name: v, image: {reference: a}}]}}`,
	`{spec: {volumes: [{name: v, iscsi: {targetPortal: a, iqn: b, lun: 0}}]}}`,
	`{spec: {volumes: [{name: v, gitRepo: {repository: a}}]}}`,
	`{spec: {ephemeralContainers: [{name: d}]}}`,
	`{spec: {ephemeralContainers: [{name: d, securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}}]}}`,
}

// The fence refuses what Pod Security refuses at the level that the status names, and nothing else:
// the library that namespaces are guarded with says the same of every pod here.
func TestTheFenceIsPodSecurity(t *testing.T) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		t.Fatal(err)
	}

	changes := append([]string{}, contexts...)

	for _, tc := range attacks {
		if !slices.Contains([]string{byAccount, bySecret, byData, byLabel}, tc.by) {
			changes = append(changes, tc.change)
		}
	}

	for level, podSecurity := range map[api.Level]string{api.LevelBaseline: "Baseline", api.LevelRestricted: "Restricted"} {
		a := newAdmitter(t, policies(t, flavours[0]), true, stackOf(podSecurity))
		refusals := 0

		ask := func(what string, object *unstructured.Unstructured) {
			pod := &corev1.Pod{}
			if err := kruntime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(object.Object, pod, true); err != nil {
				t.Fatalf("%s: %v", what, err)
			}

			want := policy.AggregateCheckResults(
				evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: api.LatestVersion()}, &pod.ObjectMeta, &pod.Spec))

			err := a.ask(t.Context(), write{who: tenant, object: object})
			if (err == nil) != want.Allowed {
				t.Errorf("%s: %s: Pod Security says %q, the fence: %v", level, what, want.ForbiddenDetail(), err)
			}

			if err != nil {
				refusals++
			}
		}

		for i, change := range changes {
			once := step(t, change)
			ask(change, once)

			for _, more := range changes[i+1:] { // in pairs, since one may make up for the other
				ask(fmt.Sprint(change, " and ", more), patched(t, once, more))
			}
		}

		if refusals < 10 {
			t.Errorf("%s: only %d pods are refused", level, refusals)
		}
	}
}
