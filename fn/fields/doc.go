// Package fields reads typed structs by the JSON names of their fields:
//
//   - Overlay fills in what one struct leaves out from another,
//   - Find lists the fields that are set and that a path covers,
//   - Exists says whether a type has a field at a path,
//   - Walk visits every field of a type.
//
// A path is a list of JSON names with dots between them, as in
// objectStore.lifecycle.expireAfterDays; * stands for any one name.
//
// What may live here is what works on any struct with JSON tags. What may not:
// anything that knows a particular type, or a product.
package fields
