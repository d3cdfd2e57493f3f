// Package apis is the root of the project's two APIs: v1alpha1, what a tenant
// asks for and what a class says, and input/v1beta1, what a Composition says. The types live
// there; only what is generated from them, and its tests, lives here.
package apis

//go:generate go run ../hack/xrds -root ..
