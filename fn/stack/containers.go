package stack

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// configurable is a container that a claim configures. Validation, sizes, alerts and documentation
// range over the table of them.
type configurable struct {
	// path of its fields below spec: resources and, if the API has them, image, env and replicas.
	path string
	// component whose release image and size apply where the claim says nothing.
	component Component
	// deployment that the container is in, or StatefulSet of a server.
	deployment string
	// server says that it is one of an embedded store, whose image is the function's choice.
	server bool
	// part says whether the container is part of a stack; nil if it always is.
	part func(*Stack) bool
	// essential Deployments are those without which no pipeline runs: an alert tells when one is
	// not available.
	essential bool
	// database says that the container works only while the database answers.
	database bool

	claim    func(*v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec
	replicas func(*v1alpha1.PipelineStackSpec) *int32 // nil if a claim cannot set them
	// images are further fields below path that name one.
	images []string
	// env are the variables that the stack sets, which a claim cannot override; nil if a claim
	// cannot set any.
	env func(*Stack) []corev1.EnvVar
	// forbidden are variables that nobody may set, and why.
	forbidden map[string]string
}

// containers that a claim configures.
var containers = []configurable{
	{
		path: "apiServer", component: APIServer, deployment: nameAPIServer, essential: true, database: true,
		claim:    func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.APIServer.ContainerSpec },
		replicas: func(s *v1alpha1.PipelineStackSpec) *int32 { return s.APIServer.Replicas },
		images:   []string{"driverImage", "launcherImage"},
		env:      apiServerEnv, forbidden: apiServerForbiddenEnv,
	},
	{
		path: "persistenceAgent", component: PersistenceAgent, deployment: namePersistenceAgent, essential: true,
		claim: func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.PersistenceAgent.ContainerSpec },
		env:   persistenceAgentEnv,
	},
	{
		path: "scheduledWorkflow", component: ScheduledWorkflow, deployment: nameScheduledWorkflow, essential: true,
		claim: func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.ScheduledWorkflow.ContainerSpec },
		env:   scheduledWorkflowEnv,
	},
	{
		path: "mlmd", component: MLMD, deployment: nameMetadata, part: (*Stack).hasMLMD, essential: true, database: true,
		claim:    func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.MLMD.ContainerSpec },
		replicas: func(s *v1alpha1.PipelineStackSpec) *int32 { return s.MLMD.Replicas },
		env:      metadataConfigEnv,
	},
	{
		path: "mlmd.envoy", component: MLMDEnvoy, deployment: nameEnvoy, part: (*Stack).hasEnvoy,
		claim: func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec {
			return v1alpha1.ContainerSpec{Image: s.MLMD.Envoy.Image, Resources: s.MLMD.Envoy.Resources}
		},
	},
	{
		path:       "workflowController",
		component:  WorkflowController,
		deployment: nameWorkflowController,
		part:       (*Stack).hasWorkflowController,
		essential:  true,
		claim:      func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.WorkflowController.ContainerSpec },
		replicas:   func(s *v1alpha1.PipelineStackSpec) *int32 { return s.WorkflowController.Replicas },
		images:     []string{"executorImage"},
		env:        workflowControllerEnv,
	},
	{
		path: "ui", component: UI, deployment: nameUI, part: (*Stack).hasUI,
		claim:    func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return s.UI.ContainerSpec },
		replicas: func(s *v1alpha1.PipelineStackSpec) *int32 { return s.UI.Replicas },
		env:      uiEnv,
		forbidden: map[string]string{
			"NODE_OPTIONS": "it has Node.js run code, with the rights of the pod: where the class lets claims set ui.image, build it into an image",
		},
	},
	{
		path: "database.embedded", component: DatabaseServer, deployment: nameDatabase, part: (*Stack).hasDatabaseServer, server: true,
		claim: func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return ofServer(s.Database.Embedded) },
	},
	{
		path:       "objectStore.embedded",
		component:  ObjectStoreServer,
		deployment: nameObjectStore,
		part:       (*Stack).hasObjectStoreServer,
		server:     true,
		claim:      func(s *v1alpha1.PipelineStackSpec) v1alpha1.ContainerSpec { return ofServer(s.ObjectStore.Embedded) },
	},
}

// ofServer is what a claim says of a server's container.
func ofServer(embedded *v1alpha1.EmbeddedStore) v1alpha1.ContainerSpec {
	if embedded == nil {
		return v1alpha1.ContainerSpec{}
	}
	return v1alpha1.ContainerSpec{Resources: embedded.Resources}
}

// podContainer is a container of pipeline pods whose resources a claim sets.
type podContainer struct {
	path      string // of the resources, below spec
	component Component
	resources func(*v1alpha1.PipelineStackSpec) *v1alpha1.Resources
}

// podContainers of pipelines. Where the platform runs Argo, it sizes them.
var podContainers = []podContainer{
	{"workflowController.executorResources", executorImage, func(s *v1alpha1.PipelineStackSpec) *v1alpha1.Resources {
		return s.WorkflowController.ExecutorResources
	}},
	{"pipelineRunner.resources", Step, func(s *v1alpha1.PipelineStackSpec) *v1alpha1.Resources { return s.PipelineRunner.Resources }},
}

// partOf says whether the container is part of a stack.
func (c configurable) partOf(s *Stack) bool { return c.part == nil || c.part(s) }
