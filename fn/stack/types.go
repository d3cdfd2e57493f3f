package stack

import (
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// Types of stores. Each is known in its own file only; what uses a store reads its description.

// databaseType is one way to get a database.
type databaseType struct {
	// class says what is wrong with a class's settings of the type. It is called where the class
	// allows the type.
	class func(*Class) field.ErrorList
	// claim says what is wrong with a stack's settings of the type. The functions below are called
	// only if nothing is.
	claim     func(*Stack) field.ErrorList
	describe  func(*Stack) database
	resources func(*Stack, Observed) []Resource
	// fields of the claim's block that go with the type. One that goes with other types only is
	// refused.
	fields []string
	// reads are kinds that Crossplane may read only since an install file says so.
	reads []schema.GroupKind
}

var databaseTypes = map[v1alpha1.DatabaseType]databaseType{
	v1alpha1.DatabaseShared: {
		validateSharedDatabase, nothing, sharedDatabase, sharedDatabaseResources, []string{"deletionPolicy"}, nil,
	},
	v1alpha1.DatabaseEmbedded: {
		noClass, validateEmbeddedDatabase, embeddedDatabase, embeddedDatabaseResources, []string{"deletionPolicy", "embedded"}, embeddedKinds,
	},
	v1alpha1.DatabaseExternal: {
		noClass, validateExternalDatabase, externalDatabase, noResources, []string{"external"}, externalKinds,
	},
}

// storeType is one way to get a bucket.
type storeType struct {
	class     func(*Class) field.ErrorList
	claim     func(*Stack) field.ErrorList
	describe  func(*Stack) store
	resources func(*Stack, Observed) []Resource
	fields    []string
	reads     []schema.GroupKind
}

var storeTypes = map[v1alpha1.ObjectStoreType]storeType{
	v1alpha1.ObjectStoreShared: {
		validateAWS, validateAWSClaim, awsStore, awsResources, []string{"deletionPolicy", "versioning", "lifecycle", "encryption"}, nil,
	},
	v1alpha1.ObjectStoreEmbedded: {
		noClass, validateEmbeddedStore, embeddedStore, embeddedStoreResources, []string{"deletionPolicy", "embedded"}, embeddedKinds,
	},
	v1alpha1.ObjectStoreExternal: {
		noClass, validateExternalStore, externalStore, externalStoreResources, []string{"external"}, externalKinds,
	},
}

var (
	embeddedKinds = []schema.GroupKind{{Group: "apps", Kind: "StatefulSet"}, {Kind: "PersistentVolumeClaim"}}
	externalKinds = []schema.GroupKind{{Kind: "Secret"}}
)

func nothing(*Stack) field.ErrorList { return nil }

func noClass(*Class) field.ErrorList { return nil }

func noResources(*Stack, Observed) []Resource { return nil }

func databaseResources(s *Stack, o Observed) []Resource {
	rs := databaseTypes[s.Spec.Database.Type].resources(s, o)
	if s.database.ca != "" {
		rs = append(rs, Resource{Name: resDatabaseCA, Object: databaseCA(s)})
	}
	return rs
}

func objectStoreResources(s *Stack, o Observed) []Resource {
	return storeTypes[s.Spec.ObjectStore.Type].resources(s, o)
}
