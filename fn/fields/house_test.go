package fields

import (
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// house is a struct such as an API has.
type house struct {
	Address `json:",inline"`

	Name   string            `json:"name,omitempty"`
	Heated *bool             `json:"heated,omitempty"`
	Sold   bool              `json:"sold,omitempty"`
	Garden garden            `json:"garden,omitempty"`
	Cellar *cellar           `json:"cellar,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
	Rooms  []string          `json:"rooms,omitempty"`
	Sheds  []shed            `json:"sheds,omitempty"`
	Hidden string            `json:"-"`
}

// Address is embedded in a house.
type Address struct {
	Street string `json:"street,omitempty"`
	Number int    `json:"number,omitempty"`
}

type garden struct {
	Trees int              `json:"trees,omitempty"`
	Lease *metav1.Duration `json:"lease,omitempty"`
}

type cellar struct {
	Depth   *resource.Quantity `json:"depth,omitempty"`
	Bottles int                `json:"bottles,omitempty"`
}

type shed struct {
	Owner *Address `json:"owner,omitempty"`
}
