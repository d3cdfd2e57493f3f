package kube

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/yaml"
)

// A validCase is a document and the type and field of each error in it.
type validCase struct {
	reason, in string
	want       []string
}

func (tc validCase) check(t *testing.T, errs field.ErrorList) {
	t.Helper()
	var got []string
	for _, e := range errs {
		got = append(got, string(e.Type)+" "+e.Field)
	}
	if diff := cmp.Diff(tc.want, got); diff != "" {
		t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
	}
}

func decoded[T any](t *testing.T, document string) T {
	t.Helper()
	var out T
	if err := yaml.UnmarshalStrict([]byte(document), &out); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestValidateScheduling(t *testing.T) {
	cases := map[string]validCase{
		"Good": {reason: "all of it", in: `
tolerations:
- {operator: Exists}
- {key: a, value: b, effect: NoSchedule}
- {key: a, operator: Exists, effect: NoExecute, tolerationSeconds: 5}
affinity:
  nodeAffinity:
    requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Gt, values: ["1"]}], matchFields: [{key: metadata.name, operator: In, values: [n]}]}]}
    preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1, preference: {matchExpressions: [{key: a, operator: Exists}]}}]
  podAntiAffinity:
    requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: kubernetes.io/hostname, labelSelector: {matchLabels: {a: b}}, namespaces: [team-a]}]
    preferredDuringSchedulingIgnoredDuringExecution: [{weight: 100, podAffinityTerm: {topologyKey: a}}]`},
		"NoKey": {
			reason: "only everything goes without a key",
			in:     `{tolerations: [{operator: Equal}]}`,
			want:   []string{"FieldValueInvalid tolerations[0].operator"},
		},
		"ExistsValue": {
			reason: "a value that nobody compares",
			in:     `{tolerations: [{key: a, operator: Exists, value: b}]}`,
			want:   []string{"FieldValueInvalid tolerations[0].value"},
		},
		"Effect": {
			reason: "no effect",
			in:     `{tolerations: [{key: a, effect: None}]}`,
			want:   []string{"FieldValueNotSupported tolerations[0].effect"},
		},
		"Seconds": {
			reason: "only who is running can be thrown out later",
			in:     `{tolerations: [{key: a, effect: NoSchedule, tolerationSeconds: 1}]}`,
			want:   []string{"FieldValueInvalid tolerations[0].effect"},
		},
		"NoTerms": {
			reason: "no node would be good",
			in:     `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}}`,
			want:   []string{"FieldValueRequired affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"},
		},
		"TermOperator": {
			reason: "no operator of node selectors",
			in:     `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: Is}]}]}}}}`,
			want: []string{
				"FieldValueNotSupported affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].operator",
			},
		},
		"TermValues": {
			reason: "In what?",
			in:     `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [{key: a, operator: In}]}]}}}}`,
			want: []string{
				"FieldValueInvalid affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0]",
			},
		},
		"TermField": {
			reason: "nodes have no other field to select",
			in:     `{affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchFields: [{key: metadata.uid, operator: In, values: [a]}]}]}}}}`,
			want: []string{
				"FieldValueInvalid affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchFields[0]",
			},
		},
		"NoTopology": {
			reason: "near what?",
			in:     `{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: ""}]}}}`,
			want:   []string{"FieldValueRequired affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].topologyKey"},
		},
		"PodSelector": {
			reason: "no label",
			in:     `{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, labelSelector: {matchLabels: {a b: c}}}]}}}`,
			want:   []string{"FieldValueInvalid affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].labelSelector.matchLabels"},
		},
		"PodNamespace": {
			reason: "no namespace",
			in:     `{affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a, namespaces: [A]}]}}}`,
			want:   []string{"FieldValueInvalid affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].namespaces[0]"},
		},
		"Operator": {
			reason: "no operator",
			in:     `{tolerations: [{key: a, operator: Maybe}]}`,
			want:   []string{"FieldValueNotSupported tolerations[0].operator"},
		},
		"Weight": {
			reason: "a weight is a percentage",
			in:     `{affinity: {podAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 0, podAffinityTerm: {topologyKey: a}}]}}}`,
			want:   []string{"FieldValueInvalid affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pod := decoded[corev1.PodSpec](t, tc.in)
			var errs field.ErrorList
			for i, toleration := range pod.Tolerations {
				errs = append(errs, ValidateToleration(toleration, field.NewPath("tolerations").Index(i))...)
			}
			if pod.Affinity != nil {
				errs = append(errs, ValidateAffinity(pod.Affinity, field.NewPath("affinity"))...)
			}
			tc.check(t, errs)
		})
	}
}

func TestValidateResources(t *testing.T) {
	cases := map[string]validCase{
		"Device": {
			reason: "a whole device, as much as is requested",
			in:     `{requests: {example.org/gpu: 1}, limits: {example.org/gpu: 1}}`,
		},
		"HalfADevice": {
			reason: "there is no half of one",
			in:     `{limits: {example.org/gpu: 500m}}`,
			want:   []string{"FieldValueInvalid resources.limits[example.org/gpu]"},
		},
		"ManyDevices": {
			reason: "whole ones, more than fit into 64 bits as thousandths",
			in:     `{requests: {example.org/gpu: 7Ei}, limits: {example.org/gpu: 7Ei}}`,
		},
		"DeviceNoLimit": {
			reason: "it cannot be shared",
			in:     `{requests: {example.org/gpu: 1}}`,
			want:   []string{"FieldValueInvalid resources.requests[example.org/gpu]"},
		},
		"HugePages": {reason: "Kubernetes' own, by size", in: `{requests: {hugepages-2Mi: 4Mi}, limits: {hugepages-2Mi: 4Mi}}`},
		"Unknown": {
			reason: "Kubernetes has no such resource",
			in:     `{limits: {gpu: 1}}`,
			want:   []string{"FieldValueInvalid resources.limits[gpu]"},
		},
		"Equal":   {reason: "a request may be the limit", in: `{requests: {cpu: 1}, limits: {cpu: 1000m}}`},
		"Unbound": {reason: "or have none", in: `{requests: {cpu: 100m, ephemeral-storage: 1Gi}, limits: {memory: 1Gi}}`},
		"Above": {
			reason: "no pod may be made that asks for more than its limit",
			in:     `{requests: {cpu: 2}, limits: {cpu: 1}}`,
			want:   []string{"FieldValueInvalid resources.requests[cpu]"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.check(t, ValidateResources(decoded[corev1.ResourceRequirements](t, tc.in), field.NewPath("resources")))
		})
	}
}

func TestValidateDuration(t *testing.T) {
	for in, good := range map[time.Duration]bool{
		0: false, time.Second - 1: false, time.Second: true, time.Hour: true, time.Hour + 1: false, -time.Hour: false,
	} {
		if errs := ValidateDuration(&metav1.Duration{Duration: in}, time.Hour, field.NewPath("a")); (len(errs) == 0) != good {
			t.Errorf("%s: %v", in, errs)
		}
	}
	if errs := ValidateDuration(nil, time.Hour, field.NewPath("a")); len(errs) > 0 {
		t.Errorf("no duration: %v", errs)
	}
}

func TestValidateNames(t *testing.T) {
	at := field.NewPath("a")
	for in, errs := range map[string]field.ErrorList{
		"10.0.0.0/8": ValidateCIDRs([]string{"10.0.0.0/8", "fd00::/8"}, at), "team-a": ValidateNamespace("team-a", at), "a/b:1": ValidateImage("a/b:1", at),
	} {
		if len(errs) > 0 {
			t.Errorf("%s: %v", in, errs)
		}
	}
	for in, errs := range map[string]field.ErrorList{
		"10.1.0.0/8": ValidateCIDRs([]string{"10.1.0.0/8"}, at), "10.0.0.1": ValidateCIDRs([]string{"10.0.0.1"}, at),
		"team a": ValidateNamespace("team a", at), "a b": ValidateImage("a b", at),
	} {
		if len(errs) != 1 {
			t.Errorf("%s is valid", in)
		}
	}
}

// What is refused here would be accepted by the cluster and never work.
func TestValidateText(t *testing.T) {
	const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	cases := map[string]struct {
		reason    string
		validate  func(string, *field.Path) field.ErrorList
		good, bad []string
	}{
		"Host": {
			reason:   "one spelling that every client reaches",
			validate: ValidateHost,
			good:     []string{"db.example.org", "db", "10.0.0.1", "1.db", "db-1.example.org", "localhost.example.org", "128.0.0.1"},
			bad: []string{
				"",
				"DB.example.org",
				"fd00::1",
				"[fd00::1]",
				"::ffff:10.0.0.1",
				"db.example.org:3306",
				"mysql://db",
				"db.",
				"-db",
				"a_b",
				"10.0.0",
				"10.0.0.256",
				"localhost",
				"a.localhost",
				"0.0.0.0",
				"1234",
				"db example",
				"db\n",
			},
		},
		"CIDR": {
			reason:   "a range as network policies take it",
			validate: ValidateCIDR,
			good:     []string{"10.0.0.0/8", "10.0.0.1/32", "fd00::/8", "0.0.0.0/0"},
			bad: []string{
				"",
				"10.1.0.0/8",
				"10.0.0.1",
				"10.0.0.0/33",
				"10.0.0.0/08",
				"::ffff:10.0.0.0/104",
				"::ffff:10.0.0.0",
				"fe80::%eth0/64",
				"x",
			},
		},
		"Image": {
			reason:   "a reference that nodes read",
			validate: ValidateImage,
			good: []string{
				"",
				"x",
				"a/b:1",
				"kfp/ui@" + digest,
				"registry.example.org:5000/kfp/ui:1.0@" + digest,
				"Mirror.example.org/kfp",
				"localhost:5000/a__b/c.d-e",
			},
			bad: []string{
				"a b",
				"https://example.org/kfp",
				"example.org/KFP",
				"example.org//kfp",
				"example.org/kfp:",
				"example.org/kfp@sha256:abc",
				"kfp/",
				"/kfp",
				"kfp:a:b",
				"kfp/.ui",
				"example.org/kfp\n",
			},
		},
		"Registry": {
			reason:   "a host that nodes take for one",
			validate: ValidateRegistry,
			good:     []string{"", "mirror.example.org", "mirror.example.org/kfp/", "mirror:5000", "10.0.0.1:5000/kfp", "localhost/kfp"},
			bad: []string{
				"Mirror.example.org/kfp",
				"mirror.example.org/KFP",
				"mirror",
				"mirror/kfp",
				"https://mirror.example.org",
				"mirror.example.org:/kfp",
				"mirror.example.org:65536/kfp",
				"mirror.example.org/kfp:1",
				"a b",
				"mirror.example.org//",
				"mirror.example.org/kfp@" + digest,
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, in := range tc.good {
				if errs := tc.validate(in, field.NewPath("a")); len(errs) > 0 {
					t.Errorf("%s: %q is refused: %v", tc.reason, in, errs)
				}
			}
			for _, in := range tc.bad {
				if errs := tc.validate(in, field.NewPath("a")); len(errs) != 1 || errs[0].Field != "a" {
					t.Errorf("%s: %q is accepted: %v", tc.reason, in, errs)
				}
			}
		})
	}
}

func TestInRanges(t *testing.T) {
	cases := map[string]struct {
		reason string
		cidr   string
		ranges []string
		want   bool
	}{
		"Same":       {"a range lies inside itself", "10.0.0.0/8", []string{"10.0.0.0/8"}, true},
		"Smaller":    {"a smaller one", "10.1.0.0/16", []string{"10.0.0.0/8"}, true},
		"Larger":     {"a larger one that begins with it", "10.0.0.0/7", []string{"10.0.0.0/8"}, false},
		"Everything": {"the largest of all", "0.0.0.0/0", []string{"10.0.0.0/8"}, false},
		"Beside":     {"one beside it", "11.0.0.0/8", []string{"10.0.0.0/8"}, false},
		"Second":     {"one of several suffices", "fd00:1::/32", []string{"10.0.0.0/8", "fd00::/8"}, true},
		"Halves":     {"but no two together", "10.0.0.0/8", []string{"10.0.0.0/9", "10.128.0.0/9"}, false},
		"Mapped":     {"an address in the other version's clothes", "::ffff:10.0.0.0/104", []string{"10.0.0.0/8"}, false},
		"None":       {"there are no ranges", "10.0.0.0/8", nil, false},
		"NoRange":    {"an address is none", "10.0.0.1", []string{"10.0.0.0/8"}, false},
		"NoOuter":    {"what is no range holds nothing", "10.0.0.0/8", []string{"x"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := InRanges(tc.cidr, tc.ranges); got != tc.want {
				t.Errorf("%s: %s in %v is %t", tc.reason, tc.cidr, tc.ranges, got)
			}
		})
	}
}
