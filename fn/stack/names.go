package stack

// Names of objects. Kubeflow Pipelines' parts find each other by fixed names,
// which is why one namespace holds one stack and why most names do not carry
// the stack's. Those that do (ds-pipeline-…) are what dashboards and SDK users
// of Open Data Hub look for.
const (
	nameAPIServer          = "ml-pipeline"
	namePersistenceAgent   = "ml-pipeline-persistenceagent"
	nameScheduledWorkflow  = "ml-pipeline-scheduledworkflow"
	nameWorkflowController = "workflow-controller"
	nameMetadata           = "metadata-grpc-deployment"
	nameMetadataService    = "metadata-grpc-service"
	nameEnvoy              = "metadata-envoy-deployment"
	nameEnvoyService       = "metadata-envoy-service"
	nameUI                 = "ml-pipeline-ui"
	nameDatabase           = "ml-pipeline-database"     // the server of an embedded database
	nameObjectStore        = "ml-pipeline-object-store" // that of an embedded object store

	// namePipelineRunner is the service account of pipeline pods, KFP's own default.
	namePipelineRunner = "pipeline-runner"
	// nameMetadataAccount serves both of ML Metadata's pods; it has no rights and no token.
	nameMetadataAccount = "metadata-grpc-server"

	nameServerConfig       = "ml-pipeline-server-config"
	nameAuthProxyConfig    = "ml-pipeline-auth-proxy"
	nameAuthority          = "ml-pipeline-auth-proxy-ca" // for clients of the auth proxy
	nameLauncherConfig     = "kfp-launcher"              // read by that name by drivers and launchers
	nameMetadataConfig     = "metadata-grpc-configmap"   // read by that name by drivers and launchers
	nameControllerConfig   = "workflow-controller-configmap"
	nameArtifactRepository = "artifact-repositories" // where Argo looks in a workflow's namespace
	nameEnvoyConfig        = "metadata-envoy-configmap"
	nameUIConfig           = "ml-pipeline-ui-configmap"
	nameDatabaseCA         = "ml-pipeline-database-ca"

	// secretDatabase holds username, password, endpoint and port. provider-sql writes it, or the
	// function for an embedded database.
	secretDatabase = "ml-pipeline-database"
	// secretObjectStoreKey is written by the cloud provider; only the function reads it.
	secretObjectStoreKey = "ml-pipeline-object-store-key"
	// secretObjectStore holds the keys that pods use. KFP keeps this name with every run, so it
	// never changes, whatever becomes of the identity behind it; it is KFP's own default name.
	secretObjectStore = "mlpipeline-minio-artifact"
	// secretServing holds the auth proxy's certificate where OpenShift's service CA makes it.
	secretServing = "ml-pipeline-serving-cert"
	// secretCertificate holds it where the function makes it.
	secretCertificate = "ml-pipeline-auth-proxy-cert"
)

// Keys of Secrets and ConfigMaps.
const (
	keyUsername  = "username"
	keyPassword  = "password"
	keyEndpoint  = "endpoint"
	keyPort      = "port"
	keyAccessKey = "accesskey"
	keySecretKey = "secretkey"
	keyInitSQL   = "init.sql"
	keyAuthority = "ca.crt"

	keyServerConfig     = "config.json"
	keyAuthProxyConfig  = "config.yaml"
	keyEnvoyConfig      = "envoy-config.yaml"
	keyViewerTemplate   = "viewer-pod-template.json"
	keyDatabaseCA       = "ca.crt"
	keyPipelineRoot     = "defaultPipelineRoot"
	keyProviders        = "providers"
	keyMetadataHost     = "METADATA_GRPC_SERVICE_HOST"
	keyMetadataPort     = "METADATA_GRPC_SERVICE_PORT"
	keyArtifactRepo     = "artifactRepository"
	keyExecutor         = "executor"
	keyMainContainer    = "mainContainer"
	keyWorkflowDefaults = "workflowDefaults"
	keyParallelism      = "parallelism"
	keyStackRepository  = "pipelinestack"
	keyMetricsConfig    = "metricsConfig"
)

// ClusterRoles that ship with the install files. The function only binds them:
// composing their rules would make Crossplane hold every one of them.
const (
	roleAPIServer          = "pipelinestack-api-server"
	rolePersistenceAgent   = "pipelinestack-persistence-agent"
	roleScheduledWorkflow  = "pipelinestack-scheduled-workflow"
	roleWorkflowController = "pipelinestack-workflow-controller"
	rolePipelineRunner     = "pipelinestack-pipeline-runner"
	roleUI                 = "pipelinestack-ui"
	roleAuthDelegator      = "system:auth-delegator" // Kubernetes' own
)

// Ports, and the names under which Services and policies use them.
const (
	portHTTP        = 8888 // API server, REST
	portGRPC        = 8887 // API server, gRPC
	portProxy       = 8443 // auth proxy
	portProxyHealth = 8444 // auth proxy's own health
	portMetadata    = 8080 // ML Metadata, gRPC
	portEnvoy       = 9090 // envoy, gRPC-web
	portEnvoyAdmin  = 9901
	portMetrics     = 9090 // controllers' metrics
	portArgoHealth  = 6060
	portUI          = 3000
	portUIService   = 80
	portDNS         = 53
	portDNSPod      = 5353 // OpenShift's DNS pods
	portHTTPS       = 443
	portKubeAPI     = 6443 // the API server behind its Service
	portMySQL       = 3306
	portS3          = 7070 // an embedded object store, whose Service has the port that S3's clients expect
	portPlain       = 80

	mysqlPort       = "mysql"
	httpPort        = "http"
	grpcPort        = "grpc"
	proxyPort       = "proxy"
	proxyHealthPort = "proxy-health"
	metadataPort    = "grpc-api"
	envoyPort       = "md-envoy"
	envoyAdminPort  = "envoy-admin"
	metricsPort     = "metrics"
	healthPort      = "health"
)

// Paths of the API server's REST port. They need no login there.
const (
	// pathHealth says whether the API server is up. It does not touch the database.
	pathHealth = "/apis/v2beta1/healthz"
	// pathDatabase answers only while the database does: it lists one of the experiments, of which
	// there are few. Every release has it.
	pathDatabase = "/apis/v2beta1/experiments?page_size=1"
)

// Labels.
const (
	// LabelStack carries the stack's name on every object and pod; policies select the stack's pods
	// by it.
	LabelStack = "pipelines.opendatahub.io/stack"
	// AnnotationRelease carries the running release on the API server's Deployment.
	AnnotationRelease = "pipelines.opendatahub.io/release"
	// AnnotationSchema carries the generation of tables beside it, for a function that does not
	// know the release.
	AnnotationSchema = "pipelines.opendatahub.io/schema"
	// LabelCondition carries the condition that an object counts for, so that it can be told from
	// the object alone.
	LabelCondition = "pipelines.opendatahub.io/condition"

	labelApp       = "app" // KFP's own
	labelName      = "app.kubernetes.io/name"
	labelPartOf    = "app.kubernetes.io/part-of"
	labelVersion   = "app.kubernetes.io/version"
	partOf         = "kubeflow-pipelines"
	labelWorkflow  = "workflows.argoproj.io/workflow"       // Argo puts it on every pod of a workflow
	labelPipeline  = "pipelines.kubeflow.org/v2_component"  // KFP puts it on drivers and launchers
	labelWorkbench = "opendatahub.io/workbenches"           // Open Data Hub puts it on notebooks
	annotationHash = "pipelines.opendatahub.io/config-hash" // rolls pods when their configuration changes
	annotationUser = "pipelines.opendatahub.io/user"        // the user that a grant was made for
	// On the server of an embedded database: the line of MariaDB that its data is of.
	annotationLine = "pipelines.opendatahub.io/mariadb"
	// On the API server's Deployment: which class the stack belongs to, and which data it has.
	annotationClass       = "pipelines.opendatahub.io/class"
	annotationDatabase    = "pipelines.opendatahub.io/database"
	annotationObjectStore = "pipelines.opendatahub.io/object-store"
	// annotationPipelineRoot says where runs write their artifacts, below the stack's prefix.
	annotationPipelineRoot = "pipelines.opendatahub.io/pipeline-root"
	safeToEvict            = "cluster-autoscaler.kubernetes.io/safe-to-evict"
	labelNamespace         = "kubernetes.io/metadata.name"
)

// Names that carry the stack's name.

func (s *Stack) serviceName() string { return "ds-pipeline-" + s.Name }

func (s *Stack) userAccessName() string { return "ds-pipeline-user-access-" + s.Name }

// authDelegatorName is unique in the cluster: a namespace holds no dot, so the parts cannot run
// into each other.
func (s *Stack) authDelegatorName() string {
	return "pipelinestack-auth-delegator." + s.Namespace + "." + s.Name
}

// maxNameLength keeps the longest Service name within a DNS label.
const maxNameLength = 63 - len("ds-pipeline-")

// host of a Service of the stack, fully qualified.
func (s *Stack) host(service string) string {
	return service + "." + s.Namespace + ".svc." + s.Class.ClusterDomain
}

// Names of resources, by which Crossplane knows the objects of a stack. None ever changes:
// Crossplane would delete the object of the old name and make one of the new. fn/testdata/names
// holds them all.
const (
	// The database.
	resDatabase               = "database"
	resDatabaseCA             = "database-ca"
	resDatabaseGrant          = "database-grant"
	resDatabaseSecret         = "database-secret"
	resDatabaseServer         = "database-server"
	resDatabaseService        = "database-service"
	resDatabaseServiceAccount = "database-service-account"
	resDatabaseUser           = "database-user"
	resNetworkPolicyDatabase  = "network-policy-database"

	// The object store.
	resBucket                    = "bucket"
	resBucketAccessKey           = "bucket-access-key"
	resBucketEncryption          = "bucket-encryption"
	resBucketLifecycle           = "bucket-lifecycle"
	resBucketPolicy              = "bucket-policy"
	resBucketPolicyAttachment    = "bucket-policy-attachment"
	resBucketPublicAccessBlock   = "bucket-public-access-block"
	resBucketUser                = "bucket-user"
	resBucketVersioning          = "bucket-versioning"
	resNetworkPolicyObjectStore  = "network-policy-object-store"
	resObjectStoreRole           = "object-store-role"
	resObjectStoreRoleBinding    = "object-store-role-binding"
	resObjectStoreSecret         = "object-store-secret"
	resObjectStoreServer         = "object-store-server"
	resObjectStoreService        = "object-store-service"
	resObjectStoreServiceAccount = "object-store-service-account"

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
	resServingAuthority             = "auth-proxy-ca"
	resServingCertificate           = "auth-proxy-certificate"
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
