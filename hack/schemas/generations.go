package main

// atWork are the kinds that the parts of a stack read and write: Argo's by generation, and those of
// Kubeflow Pipelines, which are the same for every release.
var atWork = []source{
	argo("3.6", "v3.6.12", "18ad5138b6bcb2aba04e00b4ec657bc6b8fad8df"),
	argo("3.7", "v3.7.3", "bded09fe4abd37cb98d7fc81b4c14a6f5034e9ab"),
	argo("4.0", "v4.0.8", "570c470582fc7fe41b1963d8703111679cc3d25a"),
	{
		Project: "github.com/kubeflow/pipelines",
		Version: "2.17.0 (4a3592cb2dd0a91a4652ab93893ec8beda1f3158)",
		Licence: apache, Path: "manifests/kustomize/base/pipeline/cluster-scoped", Folder: "kubeflow-pipelines",
		Generation: "kubeflow",
		Kinds:      []kind{{"ScheduledWorkflow", "v1beta1", "scheduled-workflow-crd.yaml"}},
	},
}

// argo is a generation of Argo's minimal definitions, all of them: what a cluster installs is what
// tests install.
func argo(generation, version, commit string) source {
	return source{
		Project: "github.com/argoproj/argo-workflows",
		Version: version + " (" + commit + ")",
		Licence: apache, Path: "manifests/base/crds/minimal", Folder: "argo-workflows/" + version + "/minimal",
		Generation: generation,
		Kinds: []kind{
			{"ClusterWorkflowTemplate", "v1alpha1", "argoproj.io_clusterworkflowtemplates.yaml"},
			{"CronWorkflow", "v1alpha1", "argoproj.io_cronworkflows.yaml"},
			{"Workflow", "v1alpha1", "argoproj.io_workflows.yaml"},
			{"WorkflowArtifactGCTask", "v1alpha1", "argoproj.io_workflowartifactgctasks.yaml"},
			{"WorkflowEventBinding", "v1alpha1", "argoproj.io_workfloweventbindings.yaml"},
			{"WorkflowTaskResult", "v1alpha1", "argoproj.io_workflowtaskresults.yaml"},
			{"WorkflowTaskSet", "v1alpha1", "argoproj.io_workflowtasksets.yaml"},
			{"WorkflowTemplate", "v1alpha1", "argoproj.io_workflowtemplates.yaml"},
		},
	}
}
