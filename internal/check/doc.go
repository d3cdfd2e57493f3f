// Package check is test support: it judges Kubernetes objects the way a
// cluster would, without a cluster. It holds the schemas of all kinds that a
// stack consists of, Pod Security, and a checker that follows every reference
// from one object to another.
//
// Only tests import it, never the function's binary: it links API machinery
// that would double the binary's size. What the product emits or decides is
// not known here; a check that needs such knowledge takes it as an option.
//
// Objects are unstructured content (map[string]any, []any, string, bool,
// numbers), one map for each object, as they come from YAML, JSON or a
// protobuf Struct. Every exported check normalises a copy of what it gets, so
// whole numbers may be floats. Checks return all errors they find, in a stable
// order, each naming the object and the path of the field.
package check
