package stack

import (
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// A cluster may have nothing but Crossplane and a storage class. Where the Composition says that a
// class is optional, a stack does without one, and its stores are embedded.

// WithoutClass is what applies to stacks that have no class.
func WithoutClass(ids v1alpha1.UserIDs, catalogue Catalogue) *Class {
	c, _ := NewClass(DefaultClassName, v1alpha1.PipelineStackClassSpec{
		PodSecurity: v1alpha1.PodSecurity{UserIDs: ids},
		Database:    v1alpha1.ClassDatabase{AllowedTypes: []v1alpha1.DatabaseType{v1alpha1.DatabaseEmbedded, v1alpha1.DatabaseExternal}},
		ObjectStore: v1alpha1.ClassObjectStore{
			AllowedTypes: []v1alpha1.ObjectStoreType{v1alpha1.ObjectStoreEmbedded, v1alpha1.ObjectStoreExternal},
		},
	}, catalogue)
	c.Name = "" // no class of that name is there
	return c
}
