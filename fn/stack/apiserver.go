package stack

import (
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// apiServerResources makes the API server, the guard in front of it, and the identity under which
// pipelines run.
func apiServerResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resAPIServerServiceAccount, Object: s.serviceAccount(nameAPIServer, nameAPIServer)},
		{Name: resAPIServerRoleBinding, Object: s.roleBinding(nameAPIServer, roleAPIServer, nameAPIServer)},
		{Name: resAPIServerConfig, Object: serverConfig(s)},
		{Name: resAPIServerDeployment, Object: apiServerDeployment(s, o), Needs: stores},
		{Name: resAPIServerService, Object: apiServerService(s)},
		{Name: resAPIService, Object: publicService(s)},
		{Name: resUserAccessRole, Object: userAccessRole(s)},
		{Name: resLauncherConfig, Object: launcherConfig(s)},
		{Name: resPipelineRunnerServiceAccount, Object: pipelineRunnerAccount(s)},
		{Name: resPipelineRunnerRoleBinding, Object: s.roleBinding(namePipelineRunner, rolePipelineRunner, namePipelineRunner)},
	}
	rs = append(rs, runnerRoles(s)...)
	rs = append(rs, authProxyResources(s)...)
	if s.policiesEnabled() {
		rs = append(rs,
			Resource{Name: resNetworkPolicyDefaultDeny, Object: defaultDenyPolicy(s)},
			Resource{Name: resNetworkPolicyAPIServer, Object: apiServerPolicy(s)},
			Resource{Name: resNetworkPolicyPipelines, Object: pipelinesPolicy(s)},
		)
	}
	return rs
}

// databaseTimeoutSeconds is how long the API server waits for its database before it logs the error
// and exits. It logs nothing while it waits, so this is short. The startup probe always lasts
// longer, since it also covers migrations.
const databaseTimeoutSeconds = 120

// beforeStart is how long, in seconds, a pod may take to be scheduled and to pull its images before
// it starts. A Deployment that gave up while the API server still migrates would report a fault
// that is none.
const beforeStart = 300

const (
	volumeServerConfig = "server-config"
	fileServerConfig   = "/config/config.json"
	dirServerConfig    = "/config"
)

func apiServerDeployment(s *Stack, o Observed) *appsv1.Deployment {
	spec := s.Spec.APIServer
	main := s.container("api-server", APIServer, spec.ContainerSpec, apiServerEnv(s))
	main.Args = []string{"--config=" + dirServerConfig, "--logLevel=" + logrusLevel[spec.LogLevel], "-logtostderr=true"}
	main.Ports = []corev1.ContainerPort{
		{Name: httpPort, ContainerPort: portHTTP, Protocol: corev1.ProtocolTCP},
		{Name: grpcPort, ContainerPort: portGRPC, Protocol: corev1.ProtocolTCP},
	}
	health := httpProbe(httpPort, pathHealth, corev1.URISchemeHTTP)
	main.StartupProbe = probe(health, 5, max(int32(spec.StartupTimeout.Seconds())/5, 1))
	main.LivenessProbe = probe(health, 10, 6)
	// An API server without its database takes no calls, but is not restarted: it would only wait for
	// the database again.
	main.ReadinessProbe = probe(httpProbe(httpPort, pathDatabase, corev1.URISchemeHTTP), 20, 3)
	main.ReadinessProbe.TimeoutSeconds = 5

	main.VolumeMounts = append(s.databaseCAMounts(), fileMount(volumeServerConfig, fileServerConfig, keyServerConfig))

	server := program{APIServer, spec.Image}
	p := pod{
		account:  nameAPIServer,
		token:    true,
		programs: []program{server},
		main:     []corev1.Container{main},
		config:   []config{{volumeDatabaseCA, databaseCA(s)}, {volumeServerConfig, serverConfig(s)}},
		grace:    ptr.To[int64](killedAfter), // its HTTP listener stays open until it is killed
		deadline: ptr.To(int32(spec.StartupTimeout.Seconds()) + beforeStart),
	}
	if s.authProxyEnabled() {
		proxy, certificate := authProxy(s)
		p.programs = append(p.programs, program{AuthProxy, s.Class.Images.AuthProxy})
		p.main, p.volumes = append(p.main, proxy), certificate
		p.config = append(p.config, config{volumeAuthProxy, authProxyConfig(s)})
	}
	p.secrets = slices.Concat(s.databaseHash(o, resAPIServerDeployment), s.objectStoreHash(o, resAPIServerDeployment))
	d := s.deployment(nameAPIServer, s.replicas(APIServer, spec.Replicas), appsv1.RollingUpdateDeploymentStrategyType, p)
	d.Annotations = map[string]string{
		AnnotationRelease:      s.Release.Name,
		AnnotationSchema:       strconv.Itoa(s.Release.Schema),
		annotationClass:        s.Class.Name,
		annotationDatabase:     string(s.database.identity),
		annotationObjectStore:  string(s.store.identity),
		annotationPipelineRoot: s.store.pipelineRoot(),
	}
	return s.migratesTables(d, server, o[resAPIServerDeployment])
}

// apiServerEnv are the variables of the API server; a claim's own may not carry these names. A
// release ignores variables that it does not know; those of a part that it does not have are left
// out.
func apiServerEnv(s *Stack) []corev1.EnvVar {
	db, st, spec := s.database, s.store, s.Spec.APIServer
	vars := []corev1.EnvVar{
		envField("POD_NAMESPACE", "metadata.namespace"), // without it every pipeline would be sent to namespace kubeflow
		env("CLUSTER_DOMAIN", s.Class.ClusterDomain),
		env("LOG_LEVEL", logrusLevel[spec.LogLevel]),
		env("PIPELINE_LOG_LEVEL", "1"),
		env("PUBLISH_LOGS", "true"),
		env("EXECUTIONTYPE", "Workflow"),

		env("DBDRIVERNAME", "mysql"),
		db.login.username.env("DBCONFIG_MYSQLCONFIG_USER"),
		db.login.password.env("DBCONFIG_MYSQLCONFIG_PASSWORD"),
		db.login.host.env("DBCONFIG_MYSQLCONFIG_HOST"),
		db.login.port.env("DBCONFIG_MYSQLCONFIG_PORT"),
		env("DBCONFIG_MYSQLCONFIG_DBNAME", db.name),
		env(envExtraParams, s.dsnParams()),
		env("DBCONFIG_CONMAXLIFETIME", "120s"),
		env("INITCONNECTIONTIMEOUT", strconv.Itoa(databaseTimeoutSeconds)+"s"),

		env("OBJECTSTORECONFIG_HOST", st.host),
		env("OBJECTSTORECONFIG_PORT", strconv.Itoa(int(st.port))),
		env("OBJECTSTORECONFIG_SECURE", strconv.FormatBool(st.secure)),
		env("OBJECTSTORECONFIG_REGION", st.region),
		env("OBJECTSTORECONFIG_BUCKETNAME", st.bucket),
		env("OBJECTSTORECONFIG_PIPELINEPATH", st.prefix+"pipelines"),
	}
	vars = append(vars, st.keyVars("OBJECTSTORECONFIG_ACCESSKEY", "OBJECTSTORECONFIG_SECRETACCESSKEY")...)
	vars = append(vars,
		env("DEFAULTPIPELINERUNNERSERVICEACCOUNT", namePipelineRunner),
		env("V2_DRIVER_IMAGE", s.image(driverImage, spec.DriverImage)),       // unset means :latest
		env("V2_LAUNCHER_IMAGE", s.image(launcherImage, spec.LauncherImage)), // likewise
		env("CACHEENABLED", strconv.FormatBool(*spec.CacheEnabled)),
		env("BLOCK_V1_PIPELINES", strconv.FormatBool(s.blocksV1Pipelines())),
		env("DEFAULT_SECURITY_CONTEXT_RUN_AS_NON_ROOT", "true"),

		// Where pipeline pods find the API server: by service name in newer releases, by host in
		// older ones.
		env("ML_PIPELINE_SERVICE_NAME", nameAPIServer),
		env("ML_PIPELINE_SERVICE_HOST", s.host(nameAPIServer)),
		env("ML_PIPELINE_SERVICE_PORT_GRPC", strconv.Itoa(portGRPC)),
	)
	if s.hasMLMD() { // where pipeline pods find it
		vars = append(vars,
			env("METADATA_SERVICE_NAME", nameMetadataService),
			env("METADATA_GRPC_SERVICE_SERVICE_HOST", nameMetadataService),
			env("METADATA_GRPC_SERVICE_SERVICE_PORT", strconv.Itoa(portMetadata)))
	}
	vars = append(vars,
		// Nothing serves this address, but without the pair the server exits at start.
		env("ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_HOST", "visualizations-are-not-served"),
		env("ML_PIPELINE_VISUALIZATIONSERVER_SERVICE_PORT", strconv.Itoa(portHTTP)))
	if s.Release.Features.AllowedServiceAccounts {
		vars = append(vars, env(envAllowedAccounts, strings.Join(s.runAccounts(), ",")))
	}
	if s.fixedUserIDs() {
		vars = append(vars,
			env("DEFAULT_SECURITY_CONTEXT_RUN_AS_USER", strconv.Itoa(fixedUser)),
			env("DEFAULT_SECURITY_CONTEXT_RUN_AS_GROUP", strconv.Itoa(fixedGroup)))
	}
	if db.ca != "" {
		vars = append(vars, env("SSL_CERT_DIR", dirDatabaseCA+":/etc/ssl/certs:/etc/pki/tls/certs"))
	}
	return vars
}

// envAllowedAccounts lists the service accounts that runs may ask for, separated by commas.
const envAllowedAccounts = "ALLOWEDSERVICEACCOUNTS"

// runAccounts are the service accounts that runs may ask for.
func (s *Stack) runAccounts() []string {
	return append([]string{namePipelineRunner}, s.Class.PipelineRunner.ServiceAccounts...)
}

// apiServerForbiddenEnv are variables that a claim may not set in any release, and why.
var apiServerForbiddenEnv = map[string]string{
	envAllowedAccounts: "the class says which service accounts runs may use, in pipelineRunner.serviceAccounts",
	"MULTIUSER":        "a stack is single-user; its namespace is the boundary",
}

// serverConfigJSON replaces the file in the image, which names a store and a database of its own.
// It holds only what no environment variable can set.
func serverConfigJSON(s *Stack) string {
	type mysql struct{ GroupConcatMaxLen string }
	type db struct{ MySQLConfig mysql }
	type claimTemplate struct {
		AccessModes      []corev1.PersistentVolumeAccessMode `json:"accessModes"`
		StorageClassName string                              `json:"storageClassName"`
	}
	type workspace struct{ VolumeClaimTemplateSpec claimTemplate }
	config := struct {
		DBConfig                   db
		ArchiveConfigLogFileName   string     `json:"ARCHIVE_CONFIG_LOG_FILE_NAME"`
		ArchiveConfigLogPathPrefix string     `json:"ARCHIVE_CONFIG_LOG_PATH_PREFIX"`
		Workspace                  *workspace `json:",omitempty"`
	}{
		DBConfig:                   db{mysql{"4194304"}}, // the server's default of 1024 truncates lists of runs
		ArchiveConfigLogFileName:   "main.log",
		ArchiveConfigLogPathPrefix: "/artifacts",
	}
	if w := s.Spec.APIServer.Workspace; w != nil {
		modes := w.AccessModes
		if len(modes) == 0 {
			modes = []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOnce}
		}
		config.Workspace = &workspace{claimTemplate{modes, w.StorageClassName}}
	}
	return compactJSON(config)
}

func serverConfig(s *Stack) *corev1.ConfigMap {
	return s.configMap(nameServerConfig, nameAPIServer, map[string]string{keyServerConfig: serverConfigJSON(s)})
}

// apiServerService is the name under which the stack's own parts and pipeline pods find the API
// server.
func apiServerService(s *Stack) *corev1.Service {
	return s.service(nameAPIServer, nameAPIServer,
		corev1.ServicePort{Name: httpPort, Port: portHTTP},
		corev1.ServicePort{Name: grpcPort, Port: portGRPC})
}

// publicService is the name that dashboards and SDK users of Open Data Hub know, with the guarded
// port first.
func publicService(s *Stack) *corev1.Service {
	ports := []corev1.ServicePort{{Name: httpPort, Port: portHTTP}, {Name: grpcPort, Port: portGRPC}}
	if s.authProxyEnabled() {
		ports = append([]corev1.ServicePort{{Name: proxyPort, Port: portProxy}}, ports...)
	}
	svc := s.service(s.serviceName(), nameAPIServer, ports...)
	if s.authProxyEnabled() && s.Spec.TLS.Type == v1alpha1.TLSServiceCA {
		svc.Annotations = map[string]string{annotationServingCert: secretServing}
	}
	return svc
}

// userAccessRole lets whoever is bound to it use this stack's API. Its name is what dashboards of
// Open Data Hub bind.
func userAccessRole(s *Stack) *rbacv1.Role {
	return &rbacv1.Role{TypeMeta: typeRole, ObjectMeta: s.meta(s.userAccessName(), nameAPIServer), Rules: []rbacv1.PolicyRule{{
		APIGroups:     []string{v1alpha1.GroupVersion.Group},
		Resources:     []string{v1alpha1.ResourceStacks + "/" + v1alpha1.SubresourceAPI},
		ResourceNames: []string{s.Name},
		Verbs:         []string{"get", "create", "update", "patch", "delete"},
	}}}
}
