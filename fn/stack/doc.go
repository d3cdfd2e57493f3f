// Package stack is the product: what a PipelineStack means. It turns a claim, the class that it
// belongs to and what is observed into the objects of one Kubeflow Pipelines stack, their
// readiness, conditions and status.
//
// It is pure: no gRPC, no client, no clock, no randomness, no environment. The same input always
// gives the same output.
//
// The files, which never use each other in a circle:
//
//	What a stack is
//	class.go                    a class with every default filled in
//	stack.go                    a claim in its class with every default filled in; the parts of a stack
//	classless.go                what applies where a class is optional and missing
//	defaults.go                 what applies where neither claim nor class sets a field
//	releases.go                 the catalogue: releases are data in releases/
//	sizes.go                    requests, limits and replicas by named size
//	stores.go                   what describes the database and the store in use, whatever their types
//	identity.go                 a stack's name in shared services, the identity of its data
//	names.go                    every name, key, label and port, once
//	conditions.go               conditions and their reasons
//	world.go                    what is observed, and what is asked of the cluster
//	resource.go                 an object under the name by which Crossplane knows it
//	paths.go                    roots of the paths in errors
//
//	What objects are made of
//	pods.go                     Deployments, their containers, probes and volumes
//	objects.go                  metadata, and the objects that most components have
//	text.go                     JSON, levels and durations, as others read them
//	kinds.go                    kinds, and when an object of one is ready
//	taken.go                    buckets whose names are taken
//	rolling.go                  what rolls pods
//	nodes.go                    the nodes that pods can run on
//	tables.go                   one pod alone makes tables
//
//	What a stack is made of: one function per emitted object
//	database.go                 the database in use, and how pods reach it
//	database_shared.go          a database in the class's server
//	database_embedded.go        a server in the stack's namespace
//	database_external.go        a database that exists already
//	objectstore.go              the store in use, and how pods reach it
//	aws.go                      where in AWS the resources of a stack are
//	objectstore_aws.go          a bucket in S3, and the Secret with its keys
//	objectstore_aws_endpoint.go the name under which S3 is reached
//	objectstore_aws_iam.go      the identity that reaches the bucket
//	objectstore_aws_kms.go      the keys with which its objects are encrypted
//	objectstore_embedded.go     a server in the stack's namespace
//	objectstore_external.go     a bucket that exists already
//	embedded.go                 what embedded servers have in common: volumes, made secrets
//	provided.go                 Secrets and ConfigMaps that a person provides
//	types.go                    the table of types of stores
//	apiserver.go                the API server
//	launcher.go                 what pipeline pods run under and read
//	authproxy.go                the guard before the API server
//	certificate.go              its certificate, where nobody brings one
//	agents.go                   the persistence agent and the scheduled-workflow controller
//	workflowcontroller.go       Argo's controller
//	workflows.go                what Argo's controller lays under every workflow
//	mlmd.go, envoy.go           ML Metadata, and what translates it for browsers
//	ui.go                       the web interface
//	containers.go               the table of containers that a claim configures
//	monitoring.go               alerts and monitors
//	fence.go                    what pods of workflows may do, and whether that is enforced
//	policies.go                 network policies
//	flows.go                    the table of who calls whom, and the rules of policies from it
//	ranges.go                   the addresses that pipelines do not reach
//	network.go                  peers, ports and destinations of rules
//
//	What is planned
//	components.go               the table of components
//	plan.go                     the plan made from it
//	gates.go                    what an object waits for
//	faults.go                   why pods do not work, or where to look
//	adopt.go                    what keeps an object from being taken over
//	status.go                   conditions and status
//
//	What is refused
//	validate.go                 what is wrong with a claim
//	validate_stores.go          what is wrong with its stores, and with a move away from its data
//	validate_class.go           what is wrong with a class
//	validate_aws.go             what is wrong with ARNs, tags and cloud identities
//	dsn.go                      which parameters of a connection a claim may set
//	validate_containers.go      what is wrong with containers and where they run
//	validate_access.go          what is wrong with access to the stack and from it
//	upgrade.go                  which releases a stack may go to
//	closed.go                   which fields claims may not set
//	later.go                    which fields this version does not act upon yet
//
//	The way in
//	decode.go, quantities.go    from YAML to types
//	forms.go                    what the schema's patterns want, in words
//	lookup.go                   the class of a stack
//	remembered.go               where a stack's data is
//	kept.go, moves.go           keep it there
//	new.go                      from a claim and a class to a Stack
package stack
