package check

import (
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// parse reads the objects of a YAML stream.
func parse(t *testing.T, text string) []map[string]any {
	t.Helper()
	var objs []map[string]any
	for doc := range strings.SplitSeq(text, "\n---\n") {
		var o map[string]any
		if err := yaml.Unmarshal([]byte(doc), &o); err != nil {
			t.Fatalf("sample: %v\n%s", err, doc)
		}
		objs = append(objs, o)
	}
	return objs
}

// change replaces pieces of a text, pairwise, and fails when one is not there:
// a sample that stays as it was would prove nothing.
func change(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i+1 < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("sample does not contain %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return text
}

// expect compares errors with pieces of their texts, one piece for each error.
func expect(t *testing.T, reason string, errs []error, want []string) {
	t.Helper()
	if len(errs) != len(want) {
		t.Fatalf("%s: %d errors, want %d:\n%v\nwant:\n%s", reason, len(errs), len(want), errs, strings.Join(want, "\n"))
	}
	for i, err := range errs {
		if !strings.Contains(err.Error(), want[i]) {
			t.Errorf("%s: error %d\n%v\nmust contain\n%s", reason, i, err, want[i])
		}
	}
}

// deployment is what most samples start from: it passes every check.
const sampleDeployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: ml-pipeline
  namespace: team-a
  labels: {app: ml-pipeline}
spec:
  replicas: 1
  selector:
    matchLabels: {app: ml-pipeline}
  template:
    metadata:
      labels: {app: ml-pipeline}
    spec:
      serviceAccountName: ml-pipeline
      automountServiceAccountToken: true
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
      containers:
      - name: server
        image: registry.example.com/ml-pipeline:2.17.0
        args:
        - --upstream=http://127.0.0.1:8888/
        - --user=$(DB_USER)
        env:
        - name: DB_USER
          valueFrom:
            secretKeyRef: {name: db, key: username}
        - name: NAMESPACE
          valueFrom:
            fieldRef: {fieldPath: metadata.namespace}
        - name: EMPTY
          value: ""
        - name: METADATA_SERVICE_HOST
          value: metadata
        - name: METADATA_SERVICE_PORT
          value: "8080"
        ports:
        - {name: http, containerPort: 8888}
        - {name: grpc, containerPort: 8887}
        startupProbe:
          httpGet: {path: /healthz, port: http}
          failureThreshold: 30
        livenessProbe:
          tcpSocket: {port: 8887}
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {memory: 256Mi}
        securityContext:
          allowPrivilegeEscalation: false
          capabilities: {drop: [ALL]}
          readOnlyRootFilesystem: false
        volumeMounts:
        - {name: config, mountPath: /config}
        - {name: tmp, mountPath: /tmp}
      volumes:
      - name: config
        configMap:
          name: server-config
          items:
          - {key: config.json, path: config.json}
      - name: tmp
        emptyDir: {}
`
