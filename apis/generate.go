// Package apis is the root of the project's two APIs: v1alpha1, what a tenant
// asks for, and platform/v1beta1, what a platform says once. The types live
// there; only what is generated from them, and its tests, lives here.
package apis

//go:generate go run ../hack/xrds -root ..
