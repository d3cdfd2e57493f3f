// Package managed holds minimal typed structs of the managed resources that a
// stack is made of: the kinds of provider-sql, provider-aws and provider-kubernetes, in the scopes
// that Crossplane knows.
//
// The providers' own Go modules are not imported: provider-aws alone is larger
// than everything else together, and provider-sql's current one is not
// published as a module. Only fields that the function sets are here, each with the name it has
// in the provider's CRD; tests hold them against those schemas. Nothing here
// knows what a PipelineStack is.
package managed

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// AnnotationExternalName names what a managed resource stands for outside the cluster.
const AnnotationExternalName = "crossplane.io/external-name"

// AnnotationCreated says when the provider last made what a managed resource stands for, as RFC
// 3339. It is missing where the provider found it there already.
const AnnotationCreated = "crossplane.io/external-create-succeeded"

// DeletionOrphan is the deletionPolicy that keeps what a managed resource stands for. Only
// cluster-scoped kinds have one.
const DeletionOrphan = "Orphan"

// Kind is one kind of managed resource with the group and version it has in
// either scope, its plural, and the package that brings it.
type Kind struct {
	Name       string
	Plural     string
	Provider   string
	Cluster    schema.GroupVersion
	Namespaced schema.GroupVersion
}

// Kinds of provider-sql v0.16.0, provider-upjet-aws v2.6.0 and provider-kubernetes v1.2.1. Shapes
// differ between versions of one kind, so the version is part of the fact.
var (
	KindDatabase = Kind{"Database", "databases", providerSQL, mysql, mysqlM}
	KindSQLUser  = Kind{"User", "users", providerSQL, mysql, mysqlM}
	KindGrant    = Kind{"Grant", "grants", providerSQL, mysql, mysqlM}

	KindBucket                  = Kind{"Bucket", "buckets", providerS3, s3.WithVersion("v1beta2"), s3M}
	KindBucketPublicAccessBlock = Kind{"BucketPublicAccessBlock", "bucketpublicaccessblocks", providerS3, s3.WithVersion("v1beta1"), s3M}
	KindBucketEncryption        = Kind{
		"BucketServerSideEncryptionConfiguration",
		"bucketserversideencryptionconfigurations",
		providerS3,
		s3.WithVersion("v1beta2"),
		s3M,
	}
	KindBucketVersioning = Kind{"BucketVersioning", "bucketversionings", providerS3, s3.WithVersion("v1beta2"), s3M}
	KindBucketLifecycle  = Kind{
		"BucketLifecycleConfiguration",
		"bucketlifecycleconfigurations",
		providerS3,
		s3.WithVersion("v1beta1"),
		s3M,
	}

	KindIAMUser              = Kind{"User", "users", providerIAM, iam, iamM}
	KindPolicy               = Kind{"Policy", "policies", providerIAM, iam, iamM}
	KindUserPolicyAttachment = Kind{"UserPolicyAttachment", "userpolicyattachments", providerIAM, iam, iamM}
	KindAccessKey            = Kind{"AccessKey", "accesskeys", providerIAM, iam, iamM}

	// KindObject wraps what a namespaced composite may not hold itself. Only its namespaced form is
	// used.
	KindObject = Kind{Name: "Object", Plural: "objects", Provider: "provider-kubernetes", Namespaced: kubernetesM}
)

const (
	providerSQL = "provider-sql"
	providerS3  = "provider-aws-s3"
	providerIAM = "provider-aws-iam"
)

type group string

func (g group) WithVersion(v string) schema.GroupVersion {
	return schema.GroupVersion{Group: string(g), Version: v}
}

const s3 = group("s3.aws.upbound.io")

var (
	mysql       = schema.GroupVersion{Group: "mysql.sql.crossplane.io", Version: "v1alpha1"}
	mysqlM      = schema.GroupVersion{Group: "mysql.sql.m.crossplane.io", Version: "v1alpha1"}
	kubernetesM = schema.GroupVersion{Group: "kubernetes.m.crossplane.io", Version: "v1alpha1"}
	s3M         = schema.GroupVersion{Group: "s3.aws.m.upbound.io", Version: "v1beta1"}
	iam         = schema.GroupVersion{Group: "iam.aws.upbound.io", Version: "v1beta1"}
	iamM        = schema.GroupVersion{Group: "iam.aws.m.upbound.io", Version: "v1beta1"}
)

// Scope says where managed resources live: beside the composite in Namespace,
// or, as the claim flavour has it, in the cluster with their connection Secrets
// in Namespace.
type Scope struct {
	Namespaced bool
	Namespace  string
}

// Resource is a managed resource with the parameters P of its kind.
type Resource[P any] struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              Spec[P] `json:"spec"`
}

// DeepCopyObject makes a Resource a runtime.Object. The copy is shallow: nothing in this project
// changes an object that it has built.
func (r *Resource[P]) DeepCopyObject() runtime.Object { c := *r; return &c }

// Spec of a managed resource.
type Spec[P any] struct {
	ForProvider                P                          `json:"forProvider"`
	DeletionPolicy             string                     `json:"deletionPolicy,omitempty"`
	ManagementPolicies         []string                   `json:"managementPolicies,omitempty"`
	ProviderConfigRef          ProviderConfigReference    `json:"providerConfigRef"`
	WriteConnectionSecretToRef *ConnectionSecretReference `json:"writeConnectionSecretToRef,omitempty"`
}

// ProviderConfigReference names the provider's credentials. Only namespaced kinds know Kind.
type ProviderConfigReference struct {
	Kind string `json:"kind,omitempty"`
	Name string `json:"name"`
}

// ConnectionSecretReference names the Secret that a provider writes. Only cluster-scoped kinds know
// Namespace.
type ConnectionSecretReference struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace,omitempty"`
}

// Reference names another managed resource of the same scope.
type Reference struct {
	Name string `json:"name"`
}

// New returns the managed resource called name of a kind, in the scope's form: its group and
// version, its namespace, and the reference to its provider config.
func New[P any](s Scope, k Kind, name, providerConfig string, params P) *Resource[P] {
	r := &Resource[P]{
		TypeMeta:   typeMeta(k.Cluster, k.Name),
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: Spec[P]{
			ForProvider:       params,
			ProviderConfigRef: ProviderConfigReference{Name: providerConfig},
		},
	}
	if s.Namespaced {
		r.TypeMeta = typeMeta(k.Namespaced, k.Name)
		r.Namespace = s.Namespace
		r.Spec.ProviderConfigRef.Kind = "ClusterProviderConfig"
	}
	return r
}

// Named gives the resource the name it has outside the cluster.
func (r *Resource[P]) Named(external string) *Resource[P] {
	r.Annotations = map[string]string{AnnotationExternalName: external}
	return r
}

// Retained keeps what the resource stands for when the resource is deleted.
func (r *Resource[P]) Retained(s Scope) *Resource[P] {
	if s.Namespaced {
		r.Spec.ManagementPolicies = []string{"Observe", "Create", "Update", "LateInitialize"}
		return r
	}
	r.Spec.DeletionPolicy = DeletionOrphan
	return r
}

// Connects has the provider write connection details to the Secret called name in the scope's
// namespace.
func (r *Resource[P]) Connects(s Scope, name string) *Resource[P] {
	r.Spec.WriteConnectionSecretToRef = &ConnectionSecretReference{Name: name}
	if !s.Namespaced {
		r.Spec.WriteConnectionSecretToRef.Namespace = s.Namespace
	}
	return r
}

func typeMeta(gv schema.GroupVersion, kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: gv.String(), Kind: kind}
}
