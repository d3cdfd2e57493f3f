package stack

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"

	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

func TestAuthProxyAsksForThisStack(t *testing.T) {
	var got map[string]any
	read(t, authProxyConfig(newStack(t)).Data[keyAuthProxyConfig], &got)
	want := map[string]any{"authorization": map[string]any{"resourceAttributes": map[string]any{
		"apiGroup": "pipelines.opendatahub.io", "apiVersion": "v1alpha1", "resource": "pipelinestacks", "subresource": "api",
		"namespace": "team-a", "name": "demo",
	}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("who may call is who may use pipelinestacks/api of this name here: -want, +got\n%s", diff)
	}
}

func TestAuthProxyTLS(t *testing.T) {
	cases := map[string]struct {
		reason string
		spec   string
		secret string
		asks   string // the service CA for this Secret
	}{
		"SelfSigned": {"the stack's own, which is made once", `{}`, secretCertificate, ""},
		"Secret":     {"the tenant's", `tls: {type: Secret, secretName: mine}`, "mine", ""},
		"ServiceCA":  {"OpenShift makes it, and is asked to", `tls: {type: ServiceCA}`, secretServing, secretServing},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, claims(t, tc.spec))
			ct, volumes := authProxy(s)
			var secret string
			for _, v := range volumes {
				if v.Secret != nil {
					secret = v.Secret.SecretName
				}
			}
			flags := slices.ContainsFunc(ct.Args, func(a string) bool { return strings.HasPrefix(a, "--tls-") })
			if secret != tc.secret || !flags {
				t.Errorf("%s: Secret is %q, flags name a certificate: %t", tc.reason, secret, flags)
			}
			if asks := publicService(s).Annotations[annotationServingCert]; asks != tc.asks {
				t.Errorf("%s: the service CA is asked for %q, want %q", tc.reason, asks, tc.asks)
			}
		})
	}
}

func TestAuthProxyEnabled(t *testing.T) {
	cases := map[string]struct {
		reason     string
		mods       []mod
		containers []string
		ports      []string
		resources  bool
	}{
		"Guarded":   {"the proxy stands before REST", nil, []string{"api-server", "auth-proxy"}, []string{"proxy", "http", "grpc"}, true},
		"Unguarded": {"nothing of it is there", []mod{unguarded}, []string{"api-server"}, []string{"http", "grpc"}, false},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			var containers, ports []string
			for _, ct := range apiServerDeployment(s, nil).Spec.Template.Spec.Containers {
				containers = append(containers, ct.Name)
			}
			for _, p := range publicService(s).Spec.Ports {
				ports = append(ports, p.Name)
			}
			if diff := cmp.Diff(tc.containers, containers) + cmp.Diff(tc.ports, ports); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if found := slices.Contains(names(apiServerResources(s, nil)), "auth-delegator"); found != tc.resources {
				t.Errorf("%s: the proxy's rights are there: %t", tc.reason, found)
			}
		})
	}
}

func TestAuthProxyLetsNothingPast(t *testing.T) {
	ct, _ := authProxy(newStack(t))
	for _, want := range []string{
		"--secure-listen-address=0.0.0.0:8443", "--upstream=http://127.0.0.1:8888/", "--config-file=/etc/kube-rbac-proxy/config.yaml",
		"--ignore-paths=/apis/v2beta1/healthz",
	} {
		if !slices.Contains(ct.Args, want) {
			t.Errorf("%s is not among the arguments %v", want, ct.Args)
		}
	}
	if !*ct.SecurityContext.ReadOnlyRootFilesystem || *ct.SecurityContext.AllowPrivilegeEscalation {
		t.Errorf("the proxy is what the outside talks to: %v", ct.SecurityContext)
	}
	own, _ := authProxy(newStack(t, classes(t, `images: {registry: mirror.example.org, authProxy: "registry.example.org/proxy:1"}`)))
	if own.Image != "registry.example.org/proxy:1" {
		t.Errorf("image is %s, not the class's", own.Image)
	}
}

// The one cluster-scoped object of a stack is composed in the claim's flavour, and wrapped in the
// namespaced one, which may hold none.
func TestAuthDelegator(t *testing.T) {
	want := &rbacv1.ClusterRoleBinding{
		RoleRef:  rbacv1.RoleRef{APIGroup: "rbac.authorization.k8s.io", Kind: "ClusterRole", Name: "system:auth-delegator"},
		Subjects: []rbacv1.Subject{{Kind: "ServiceAccount", Name: "ml-pipeline", Namespace: "team-a"}},
	}
	check := func(t *testing.T, got *rbacv1.ClusterRoleBinding) {
		t.Helper()
		if diff := cmp.Diff(
			want.RoleRef,
			got.RoleRef,
		) + cmp.Diff(
			want.Subjects,
			got.Subjects,
		); diff != "" ||
			got.Name != "pipelinestack-auth-delegator.team-a.demo" {
			t.Errorf("%s: -want, +got\n%s", got.Name, diff)
		}
	}
	t.Run("Claim", func(t *testing.T) {
		check(t, find[*rbacv1.ClusterRoleBinding](t, authProxyResources(newStack(t)), "auth-delegator"))
	})
	t.Run("Namespaced", func(t *testing.T) {
		wrapped := find[*managed.Resource[managed.ObjectParameters]](t, authProxyResources(newStack(t, namespaced)), "auth-delegator")
		binding, ok := wrapped.Spec.ForProvider.Manifest.Object.(*rbacv1.ClusterRoleBinding)
		if !ok || wrapped.Namespace != "team-a" || wrapped.Spec.ProviderConfigRef.Name != "pipelinestack" {
			t.Fatalf(
				"wraps a %T in namespace %s with config %v",
				wrapped.Spec.ForProvider.Manifest.Object,
				wrapped.Namespace,
				wrapped.Spec.ProviderConfigRef,
			)
		}
		check(t, binding)
	})
}

func TestServingSecretIsNoConfigMap(t *testing.T) {
	for _, v := range apiServerDeployment(newStack(t, claims(t, `tls: {type: Secret, secretName: mine}`)), nil).Spec.Template.Spec.Volumes {
		if v.Name == volumeServing && v.VolumeSource != (corev1.VolumeSource{Secret: v.Secret}) {
			t.Errorf("the certificate's key comes from %v", v.VolumeSource)
		}
	}
}

// Callers' tokens are for the audiences of the class, and else for the API server's own, which the
// proxy asks for when it is told nothing.
func TestAuthProxyAudiences(t *testing.T) {
	const flag = "--auth-token-audiences="
	cases := map[string]struct{ reason, class, want string }{
		"Unset": {"the Kubernetes API's own", `{}`, ""},
		"Set": {
			"workbenches have tokens of their own, and people's go on",
			`auth: {audiences: [pipelines.example.org, "https://kubernetes.default.svc"]}`,
			"pipelines.example.org,https://kubernetes.default.svc",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ct, _ := authProxy(newStack(t, classes(t, tc.class)))
			var got string
			for _, arg := range ct.Args {
				if after, ok := strings.CutPrefix(arg, flag); ok {
					got = after
				}
			}
			if got != tc.want {
				t.Errorf("%s: audiences %q, want %q", tc.reason, got, tc.want)
			}
		})
	}
}
