package managed

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

type params struct {
	Size int `json:"size"`
}

var (
	kind = Kind{
		Name:       "Thing",
		Cluster:    schema.GroupVersion{Group: "x.org", Version: "v1"},
		Namespaced: schema.GroupVersion{Group: "x.m.org", Version: "v2"},
	}
	cluster    = Scope{Namespace: "team-a"}
	namespaced = Scope{Namespaced: true, Namespace: "team-a"}
)

func TestResource(t *testing.T) {
	cases := map[string]struct {
		reason string
		make   func() *Resource[params]
		want   string
	}{
		"NewCluster": {
			"cluster-scoped kinds know no kind of provider config, and live in no namespace",
			func() *Resource[params] { return New(cluster, kind, "name", "config", params{1}) },
			`{apiVersion: x.org/v1, kind: Thing, metadata: {name: name}, spec: {forProvider: {size: 1}, providerConfigRef: {name: config}}}`,
		},
		"NewNamespaced": {
			"namespaced ones have a group and a version of their own, and name the platform's config by its kind",
			func() *Resource[params] { return New(namespaced, kind, "name", "config", params{1}) },
			`{apiVersion: x.m.org/v2, kind: Thing, metadata: {name: name, namespace: team-a},
  spec: {forProvider: {size: 1}, providerConfigRef: {name: config, kind: ClusterProviderConfig}}}`,
		},
		"Named": {
			"the name outside the cluster is an annotation in both scopes",
			func() *Resource[params] { return New(cluster, kind, "name", "config", params{1}).Named("outside") },
			`{apiVersion: x.org/v1, kind: Thing, metadata: {name: name, annotations: {crossplane.io/external-name: outside}},
  spec: {forProvider: {size: 1}, providerConfigRef: {name: config}}}`,
		},
		"RetainedCluster": {
			"cluster-scoped kinds have a deletion policy",
			func() *Resource[params] { return New(cluster, kind, "name", "config", params{1}).Retained(cluster) },
			`{apiVersion: x.org/v1, kind: Thing, metadata: {name: name},
  spec: {forProvider: {size: 1}, deletionPolicy: Orphan, providerConfigRef: {name: config}}}`,
		},
		"RetainedNamespaced": {
			"namespaced ones do not: every management policy but Delete says the same",
			func() *Resource[params] {
				return New(namespaced, kind, "name", "config", params{1}).Retained(namespaced)
			},
			`{apiVersion: x.m.org/v2, kind: Thing, metadata: {name: name, namespace: team-a},
  spec: {forProvider: {size: 1}, managementPolicies: [Observe, Create, Update, LateInitialize], providerConfigRef: {name: config, kind: ClusterProviderConfig}}}`,
		},
		"ConnectsCluster": {
			"a cluster-scoped resource says in which namespace the Secret is",
			func() *Resource[params] {
				return New(cluster, kind, "name", "config", params{1}).Connects(cluster, "secret")
			},
			`{apiVersion: x.org/v1, kind: Thing, metadata: {name: name},
  spec: {forProvider: {size: 1}, providerConfigRef: {name: config}, writeConnectionSecretToRef: {name: secret, namespace: team-a}}}`,
		},
		"ConnectsNamespaced": {
			"a namespaced one writes beside itself",
			func() *Resource[params] {
				return New(namespaced, kind, "name", "config", params{1}).Connects(namespaced, "secret")
			},
			`{apiVersion: x.m.org/v2, kind: Thing, metadata: {name: name, namespace: team-a},
  spec: {forProvider: {size: 1}, providerConfigRef: {name: config, kind: ClusterProviderConfig}, writeConnectionSecretToRef: {name: secret}}}`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			raw, err := json.Marshal(tc.make())
			if err != nil {
				t.Fatal(err)
			}
			var got, want map[string]any
			if err := json.Unmarshal(raw, &got); err != nil {
				t.Fatal(err)
			}
			if err := yaml.Unmarshal([]byte(tc.want), &want); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
		})
	}
}

// Setters answer with the resource itself, so that they can be chained while it is built.
func TestSettersChain(t *testing.T) {
	r := New(cluster, kind, "name", "config", params{})
	if r.Named("a") != r || r.Retained(cluster) != r || r.Connects(cluster, "b") != r {
		t.Error("a setter answers with another resource than its own")
	}
	c, ok := r.DeepCopyObject().(*Resource[params])
	if !ok || c == r {
		t.Errorf("a copy is a %T, or the resource itself", c)
	}
	c.Name = "other"
	if r.Name != "name" {
		t.Error("a copy has the name of what it was copied from")
	}
}

// A provider's namespaced groups are its cluster-scoped ones with an m before the provider's
// domain.
func TestKindsInBothScopes(t *testing.T) {
	for _, k := range []Kind{
		KindDatabase, KindSQLUser, KindGrant, KindBucket, KindBucketPublicAccessBlock, KindBucketEncryption, KindBucketVersioning, KindBucketLifecycle,
		KindIAMUser, KindPolicy, KindUserPolicyAttachment, KindAccessKey,
	} {
		t.Run(k.Cluster.Group+"."+k.Name, func(t *testing.T) {
			parts := strings.Split(k.Cluster.Group, ".")
			want := strings.Join(slices.Insert(parts, len(parts)-2, "m"), ".")
			if k.Namespaced.Group != want {
				t.Errorf("namespaced group is %s, want %s", k.Namespaced.Group, want)
			}
			if k.Plural == "" || k.Plural != strings.ToLower(k.Plural) || k.Provider == "" {
				t.Errorf("plural is %q, provider %q: both are needed to ask whether the kind is there", k.Plural, k.Provider)
			}
		})
	}
}
