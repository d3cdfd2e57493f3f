package managed

import "k8s.io/apimachinery/pkg/runtime"

// ObjectParameters of provider-kubernetes's Object.
type ObjectParameters struct {
	// Manifest of the object, with its apiVersion and kind.
	Manifest runtime.RawExtension `json:"manifest"`
}
