// Package stack is the product: what a PipelineStack means. It turns a claim,
// the platform's input and what is observed into the objects of one Kubeflow
// Pipelines stack, their readiness, conditions and status.
//
// It is pure: no gRPC, no client, no clock, no randomness, no environment. The
// same input always gives the same output. Reading the listing:
//
//	stack.go             a validated, defaulted Stack out of claim and platform
//	later.go, validate*  what is refused, and with which words
//	names.go, ports.go   every name, key, label and port, once
//	releases.go          the catalogue: releases are data in releases/
//	sizes.go             requests, limits and replicas by named size
//	database.go …        one file per component, one function per emitted object
//	render.go            the table of components, and the plan made from it
//	status.go            conditions and status, from the same table
package stack
