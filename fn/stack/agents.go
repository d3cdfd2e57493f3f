package stack

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// The two agents carry state between Kubernetes and the API server: the persistence agent brings
// the state of workflows into the database, the scheduled-workflow controller starts recurring
// runs. Each runs once, and is replaced rather than rolled: two of them would do the same work
// twice. Neither has a health endpoint. They are made together with the API server, and bear its
// start: without it the scheduled-workflow controller ends after a minute and the persistence agent
// after two, and are started again, as they are when a stack wakes up.

func persistenceAgentResources(s *Stack, _ Observed) []Resource {
	rs := []Resource{
		{Name: resPersistenceAgentServiceAccount, Object: s.serviceAccount(namePersistenceAgent, namePersistenceAgent)},
		{Name: resPersistenceAgentRoleBinding, Object: s.roleBinding(namePersistenceAgent, rolePersistenceAgent, namePersistenceAgent)},
		{Name: resPersistenceAgentDeployment, Object: persistenceAgentDeployment(s)},
	}
	if s.policiesEnabled() {
		rs = append(rs, Resource{Name: resNetworkPolicyControllers, Object: controllersPolicy(s)})
	}
	return rs
}

func persistenceAgentDeployment(s *Stack) *appsv1.Deployment {
	spec := s.Spec.PersistenceAgent
	ct := s.container("persistence-agent", PersistenceAgent, spec.ContainerSpec, persistenceAgentEnv(s))
	ct.Args = []string{
		"--namespace=" + s.Namespace, // without it the agent watches the whole cluster, which its rights do not allow
		"--mlPipelineAPIServerName=" + nameAPIServer,
		"--mlPipelineServiceHttpPort=" + strconv.Itoa(portHTTP),
		"--mlPipelineServiceGRPCPort=" + strconv.Itoa(portGRPC),
		"--numWorker=" + strconv.Itoa(int(spec.Workers)),
		"--ttlSecondsAfterWorkflowFinish=" + seconds(s.Spec.APIServer.RunTTL),
		"--logLevel=" + logrusLevel[spec.LogLevel],
		"-logtostderr=true",
	}
	return s.agent(namePersistenceAgent, "persistenceagent-sa-token", program{PersistenceAgent, spec.Image}, ct)
}

func persistenceAgentEnv(s *Stack) []corev1.EnvVar {
	return []corev1.EnvVar{env("NAMESPACE", s.Namespace), env("EXECUTIONTYPE", "Workflow")}
}

func scheduledWorkflowResources(s *Stack, _ Observed) []Resource {
	return []Resource{
		{Name: resScheduledWorkflowServiceAccount, Object: s.serviceAccount(nameScheduledWorkflow, nameScheduledWorkflow)},
		{Name: resScheduledWorkflowRoleBinding, Object: s.roleBinding(nameScheduledWorkflow, roleScheduledWorkflow, nameScheduledWorkflow)},
		{Name: resScheduledWorkflowDeployment, Object: scheduledWorkflowDeployment(s)},
	}
}

func scheduledWorkflowDeployment(s *Stack) *appsv1.Deployment {
	spec := s.Spec.ScheduledWorkflow
	ct := s.container("scheduled-workflow", ScheduledWorkflow, spec.ContainerSpec, scheduledWorkflowEnv(s))
	// Only flags that every release knows: the controller exits on an unknown one.
	ct.Args = []string{
		"--namespace=" + s.Namespace,
		"--mlPipelineAPIServerName=" + nameAPIServer,
		"--mlPipelineServiceGRPCPort=" + strconv.Itoa(portGRPC),
		"--logLevel=" + logrusLevel[spec.LogLevel],
		"-logtostderr=true",
	}
	return s.agent(nameScheduledWorkflow, "scheduledworkflow-sa-token", program{ScheduledWorkflow, spec.Image}, ct)
}

func scheduledWorkflowEnv(s *Stack) []corev1.EnvVar {
	return []corev1.EnvVar{
		env("NAMESPACE", s.Namespace),
		env("CRON_SCHEDULE_TIMEZONE", s.Spec.ScheduledWorkflow.TimeZone),
		env("BLOCK_V1_PIPELINES", strconv.FormatBool(s.blocksV1Pipelines())),
	}
}

const (
	volumeTokens = "tokens"
	dirTokens    = "/var/run/secrets/kubeflow/tokens"
	// audienceAPI is the audience of the agents' tokens: the API server.
	audienceAPI  = "pipelines.kubeflow.org"
	tokenSeconds = 3600
)

// agent is a Deployment with a token for the API server beside the one for Kubernetes. Without it
// the persistence agent exits.
func (s *Stack) agent(name, tokenFile string, p program, ct corev1.Container) *appsv1.Deployment {
	ct.VolumeMounts = []corev1.VolumeMount{dirMount(volumeTokens, dirTokens)}
	return s.deployment(name, 1, appsv1.RecreateDeploymentStrategyType, pod{
		account:  name,
		token:    true,
		programs: []program{p},
		main:     []corev1.Container{ct},
		volumes: []corev1.Volume{{Name: volumeTokens, VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
			Sources: []corev1.VolumeProjection{{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{
				Audience: audienceAPI, ExpirationSeconds: ptr.To[int64](tokenSeconds), Path: tokenFile,
			}}},
		}}}},
	})
}
