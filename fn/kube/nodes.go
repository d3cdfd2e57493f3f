package kube

import "google.golang.org/protobuf/types/known/structpb"

// nodes makes the Values of one object. The parts of a Value that always come
// together (the Value, its kind and the content of the kind) are one struct, and
// these are cut from slabs, so that an allocation serves many Values. A slab
// lives as long as any of its Values, which is fine because the Values of an
// object live and die together. Values must not be copied; only their addresses
// leave the slab.
type nodes struct {
	strings slab[stringNode]
	numbers slab[numberNode]
	bools   slab[boolNode]
	objects slab[objectNode]
	lists   slab[listNode]
}

type (
	stringNode struct {
		value structpb.Value
		kind  structpb.Value_StringValue
	}
	numberNode struct {
		value structpb.Value
		kind  structpb.Value_NumberValue
	}
	boolNode struct {
		value structpb.Value
		kind  structpb.Value_BoolValue
	}
	objectNode struct {
		value   structpb.Value
		kind    structpb.Value_StructValue
		content structpb.Struct
	}
	listNode struct {
		value   structpb.Value
		kind    structpb.Value_ListValue
		content structpb.ListValue
	}
)

func (n *nodes) string(s string) *structpb.Value {
	node := n.strings.next()
	node.kind.StringValue = s
	node.value.Kind = &node.kind
	return &node.value
}

func (n *nodes) number(f float64) *structpb.Value {
	node := n.numbers.next()
	node.kind.NumberValue = f
	node.value.Kind = &node.kind
	return &node.value
}

func (n *nodes) bool(b bool) *structpb.Value {
	node := n.bools.next()
	node.kind.BoolValue = b
	node.value.Kind = &node.kind
	return &node.value
}

func (n *nodes) object(fields map[string]*structpb.Value) *structpb.Value {
	node := n.objects.next()
	node.content.Fields = fields
	node.kind.StructValue = &node.content
	node.value.Kind = &node.kind
	return &node.value
}

func (n *nodes) list(values []*structpb.Value) *structpb.Value {
	node := n.lists.next()
	node.content.Values = values
	node.kind.ListValue = &node.content
	node.value.Kind = &node.kind
	return &node.value
}

// Slabs start small, for most objects are, and double up to a size that leaves
// little unused in the last one.
const (
	minSlab = 4
	maxSlab = 16
)

// A slab hands out the addresses of zero Ts.
type slab[T any] struct {
	free []T
	size int
}

func (s *slab[T]) next() *T {
	if len(s.free) == 0 {
		s.size = min(max(minSlab, 2*s.size), maxSlab)
		s.free = make([]T, s.size)
	}
	t := &s.free[0]
	s.free = s.free[1:]
	return t
}
