// Package apis is the root of the project's two APIs: v1alpha1 holds claims and classes,
// input/v1beta1 the input of a Composition. The types live there; only what is generated from them,
// and its tests, lives here.
package apis

//go:generate go run ../hack/xrds -root ..
