package stack

import (
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// duration of a built-in default. It panics on what is not a duration, which any test of a default
// finds.
func duration(s string) *metav1.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return &metav1.Duration{Duration: d}
}

// builtinDefaults apply where neither claim nor class sets a field. Fields that are not here
// default to their zero value, or to something that depends on the rest of the stack.
func builtinDefaults() v1alpha1.StackSettings {
	return v1alpha1.StackSettings{
		Release:        DefaultRelease,
		Size:           DefaultSize,
		Hibernate:      ptr.To(false),
		AdoptionPolicy: v1alpha1.AdoptNever,
		Database: v1alpha1.DatabaseSpec{
			DeletionPolicy: v1alpha1.DeletionRetain,
			Embedded:       &v1alpha1.EmbeddedStore{Storage: ptr.To(resource.MustParse("10Gi"))},
		},
		ObjectStore: v1alpha1.ObjectStoreSpec{
			DeletionPolicy: v1alpha1.DeletionRetain,
			Embedded:       &v1alpha1.EmbeddedStore{Storage: ptr.To(resource.MustParse("10Gi"))},
		},
		APIServer: v1alpha1.APIServerSpec{
			LogLevel:       v1alpha1.LogInfo,
			CacheEnabled:   ptr.To(true),
			RunTTL:         duration("24h"), // longer than an outage of the agent that carries states into the database
			StartupTimeout: duration("10m"),
		},
		PersistenceAgent:   v1alpha1.PersistenceAgentSpec{LogLevel: v1alpha1.LogInfo, Workers: 2},
		ScheduledWorkflow:  v1alpha1.ScheduledWorkflowSpec{LogLevel: v1alpha1.LogInfo, TimeZone: "UTC"},
		WorkflowController: v1alpha1.WorkflowControllerSpec{LogLevel: v1alpha1.LogInfo, ArchiveLogs: ptr.To(true)},
		MLMD:               v1alpha1.MLMDSpec{Envoy: v1alpha1.MLMDEnvoySpec{Enabled: ptr.To(true)}},
		UI:                 v1alpha1.UISpec{Enabled: ptr.To(false)},
		Exposure:           v1alpha1.ExposureSpec{Type: v1alpha1.ExposureNone},
		TLS:                v1alpha1.TLSSpec{Type: v1alpha1.TLSSelfSigned},
	}
}

// builtinClass applies where a class leaves a field out.
func builtinClass() v1alpha1.PipelineStackClassSpec {
	return v1alpha1.PipelineStackClassSpec{
		AllowedNamespaces: v1alpha1.AllowedNamespaces{From: v1alpha1.NamespacesAll},
		IdentityFrom:      v1alpha1.IdentityNamespaceName,
		ClusterDomain:     "cluster.local",
		Constraints:       v1alpha1.Constraints{Replicas: 10},
		PodSecurity:       v1alpha1.PodSecurity{UserIDs: v1alpha1.UserIDsFixed},
		Database:          v1alpha1.ClassDatabase{AllowedTypes: []v1alpha1.DatabaseType{v1alpha1.DatabaseShared}},
		ObjectStore:       v1alpha1.ClassObjectStore{AllowedTypes: []v1alpha1.ObjectStoreType{v1alpha1.ObjectStoreShared}},
		Auth:              v1alpha1.Auth{Type: v1alpha1.AuthKubeRBACProxy},
		Network: v1alpha1.Network{
			Policies:      v1alpha1.NetworkPoliciesEnabled,
			KubernetesAPI: v1alpha1.KubernetesAPI{Ports: []int32{portHTTPS, portKubeAPI}},
		},
		Argo: v1alpha1.Argo{Controller: v1alpha1.ArgoStack},
		TTL:  v1alpha1.TTL{Ready: duration("10m"), Progressing: duration("10s")},
	}
}

// builtinSharedDatabase applies where the block of a shared server leaves a field out.
func builtinSharedDatabase(engine v1alpha1.DatabaseEngine) v1alpha1.SharedDatabase {
	return v1alpha1.SharedDatabase{
		ProviderConfig:  defaultProviderConfig,
		Port:            3306,
		Engine:          v1alpha1.EngineMySQL,
		NativePasswords: ptr.To(engine == v1alpha1.EngineMariaDB),
		TLS:             v1alpha1.DatabaseTLSVerify,
	}
}

// builtinAWS applies where an AWS block leaves a field out.
func builtinAWS() v1alpha1.AWSObjectStore {
	return v1alpha1.AWSObjectStore{
		ProviderConfig: defaultProviderConfig,
		IAMPath:        "/",
	}
}

const defaultProviderConfig = "default"
