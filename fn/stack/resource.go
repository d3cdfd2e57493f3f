package stack

import (
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// Resource is an object under the name by which Crossplane knows it, which people see when it is not ready. The name never changes: it
// would delete one object and make another.
type Resource struct {
	Name   string
	Object runtime.Object
	// Needs are the resources and conditions that must be ready before the object is made. They come before it in the plan.
	Needs []string
}

// Planned is a resource with what is known of it.
type Planned struct {
	Resource
	Verdict kube.Verdict
	// Held says that the resource is not made yet; the verdict says why.
	Held bool
}

// Names of resources, by which Crossplane knows the objects of a stack. None ever changes:
// Crossplane would delete the object of the old name and make one of the new. fn/testdata/names
// holds them all.
const (
	// The database.
	resDatabase      = "database"
	resDatabaseCA    = "database-ca"
	resDatabaseGrant = "database-grant"
	resDatabaseUser  = "database-user"

	// The object store.
	resBucket                  = "bucket"
	resBucketAccessKey         = "bucket-access-key"
	resBucketEncryption        = "bucket-encryption"
	resBucketLifecycle         = "bucket-lifecycle"
	resBucketPolicy            = "bucket-policy"
	resBucketPolicyAttachment  = "bucket-policy-attachment"
	resBucketPublicAccessBlock = "bucket-public-access-block"
	resBucketUser              = "bucket-user"
	resBucketVersioning        = "bucket-versioning"
	resObjectStoreSecret       = "object-store-secret"

	// The API server, what guards it, and what pipelines run as.
	resAlerts                       = "alerts"
	resAPIServerConfig              = "api-server-config"
	resAPIServerDeployment          = "api-server-deployment"
	resAPIServerRoleBinding         = "api-server-role-binding"
	resAPIServerService             = "api-server-service"
	resAPIServerServiceAccount      = "api-server-service-account"
	resAPIService                   = "api-service"
	resAuthDelegator                = "auth-delegator"
	resAuthProxyConfig              = "auth-proxy-config"
	resLauncherConfig               = "launcher-config"
	resNetworkPolicyAPIServer       = "network-policy-api-server"
	resNetworkPolicyDefaultDeny     = "network-policy-default-deny"
	resNetworkPolicyPipelines       = "network-policy-pipelines"
	resPipelineRunnerRoleBinding    = "pipeline-runner-role-binding"
	resPipelineRunnerServiceAccount = "pipeline-runner-service-account"
	resUserAccessRole               = "user-access-role"

	// The agents.
	resNetworkPolicyControllers        = "network-policy-controllers"
	resPersistenceAgentDeployment      = "persistence-agent-deployment"
	resPersistenceAgentRoleBinding     = "persistence-agent-role-binding"
	resPersistenceAgentServiceAccount  = "persistence-agent-service-account"
	resScheduledWorkflowDeployment     = "scheduled-workflow-deployment"
	resScheduledWorkflowRoleBinding    = "scheduled-workflow-role-binding"
	resScheduledWorkflowServiceAccount = "scheduled-workflow-service-account"

	// Argo's controller.
	resArtifactRepositories             = "artifact-repositories"
	resWorkflowControllerConfig         = "workflow-controller-config"
	resWorkflowControllerDeployment     = "workflow-controller-deployment"
	resWorkflowControllerMonitor        = "workflow-controller-monitor"
	resWorkflowControllerRoleBinding    = "workflow-controller-role-binding"
	resWorkflowControllerServiceAccount = "workflow-controller-service-account"

	// ML Metadata.
	resMetadataConfig             = "metadata-config"
	resMetadataDeployment         = "metadata-deployment"
	resMetadataEnvoyConfig        = "metadata-envoy-config"
	resMetadataEnvoyDeployment    = "metadata-envoy-deployment"
	resMetadataEnvoyService       = "metadata-envoy-service"
	resMetadataService            = "metadata-service"
	resMetadataServiceAccount     = "metadata-service-account"
	resNetworkPolicyMetadata      = "network-policy-metadata"
	resNetworkPolicyMetadataEnvoy = "network-policy-metadata-envoy"

	// The web interface.
	resNetworkPolicyUI  = "network-policy-ui"
	resUIConfig         = "ui-config"
	resUIDeployment     = "ui-deployment"
	resUIRoleBinding    = "ui-role-binding"
	resUIService        = "ui-service"
	resUIServiceAccount = "ui-service-account"
)
