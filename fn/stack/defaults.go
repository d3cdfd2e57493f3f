package stack

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// duration of a built-in default. It panics on what is not a duration, which any test of a default finds.
func duration(s string) *metav1.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic(err)
	}
	return &metav1.Duration{Duration: d}
}

// builtinDefaults apply where neither claim nor platform says anything. Fields that are not here default to their zero value, or to
// something that depends on the rest of the stack.
func builtinDefaults() v1alpha1.PipelineStackSpec {
	return v1alpha1.PipelineStackSpec{
		Release:   DefaultRelease,
		Size:      DefaultSize,
		Hibernate: ptr.To(false),
		Database: v1alpha1.DatabaseSpec{
			Mode:           v1alpha1.DatabaseShared,
			DeletionPolicy: v1alpha1.DeletionRetain,
		},
		ObjectStore: v1alpha1.ObjectStoreSpec{
			Mode:           v1alpha1.ObjectStoreManaged,
			DeletionPolicy: v1alpha1.DeletionRetain,
		},
		APIServer: v1alpha1.APIServerSpec{
			LogLevel:       v1alpha1.LogInfo,
			CacheEnabled:   ptr.To(true),
			StartupTimeout: duration("10m"),
		},
		PersistenceAgent: v1alpha1.PersistenceAgentSpec{
			LogLevel:    v1alpha1.LogInfo,
			Workers:     2,
			WorkflowTTL: duration("24h"),
		},
		ScheduledWorkflow:  v1alpha1.ScheduledWorkflowSpec{LogLevel: v1alpha1.LogInfo, TimeZone: "UTC"},
		WorkflowController: v1alpha1.WorkflowControllerSpec{LogLevel: v1alpha1.LogInfo, ArchiveLogs: ptr.To(true)},
		Metadata:           v1alpha1.MetadataSpec{Envoy: v1alpha1.MetadataEnvoySpec{Enabled: ptr.To(true)}},
		UI:                 v1alpha1.UISpec{Enabled: ptr.To(false)},
		Exposure:           v1alpha1.ExposureSpec{Type: v1alpha1.ExposureNone},
		Auth:               v1alpha1.AuthSpec{Type: v1alpha1.AuthKubeRBACProxy},
		TLS:                v1alpha1.TLSSpec{Type: v1alpha1.TLSSelfSigned},
		NetworkPolicy:      v1alpha1.NetworkPolicySpec{Enabled: ptr.To(true)},
	}
}

// builtinPlatform applies where the platform says nothing.
func builtinPlatform() v1beta1.Platform {
	return v1beta1.Platform{
		IdentityFrom:  v1beta1.IdentityNamespaceName,
		ClusterDomain: "cluster.local",
		Limits:        v1beta1.Limits{Replicas: 10},
		PodSecurity:   v1beta1.PodSecurity{RunAsUser: v1beta1.RunAsFixed},
		Database:      v1beta1.Database{AllowedModes: []v1alpha1.DatabaseMode{v1alpha1.DatabaseShared}},
		ObjectStore:   v1beta1.ObjectStore{AllowedModes: []v1alpha1.ObjectStoreMode{v1alpha1.ObjectStoreManaged}},
		Argo:          v1beta1.Argo{Controller: v1beta1.ArgoStack},
		TTL:           v1beta1.TTL{Ready: duration("10m"), Progressing: duration("10s")},
	}
}

// builtinSharedDatabase applies to a shared server's block where it says nothing.
func builtinSharedDatabase(engine v1beta1.DatabaseEngine) v1beta1.SharedDatabase {
	return v1beta1.SharedDatabase{
		ProviderConfig:  defaultProviderConfig,
		Port:            3306,
		Engine:          v1beta1.EngineMySQL,
		NativePasswords: ptr.To(engine == v1beta1.EngineMariaDB),
		TLS:             v1alpha1.DatabaseTLSVerify,
	}
}

// builtinAWS applies to an AWS block where it says nothing.
func builtinAWS() v1beta1.AWSObjectStore {
	return v1beta1.AWSObjectStore{
		ProviderConfig: defaultProviderConfig,
		Partition:      "aws",
		Identity:       v1beta1.AWSAccessKey,
		IAMPath:        "/",
	}
}

const defaultProviderConfig = "default"
