// Package kube is the toolbox between Kubernetes API objects and the messages
// of a composition function:
//
//   - Struct turns a typed object into a structpb.Struct that is fit for
//     server-side apply,
//   - Observed reads an object that came as a structpb.Struct, in place,
//   - a Check says whether an observed object is ready, and if not, why,
//   - a Validate function says what an API server would refuse in a part of an
//     object, at the place where a person wrote it.
//
// What may live here is what any composition function could use. What may not:
// anything that knows a product or its object names, gRPC, the function SDK,
// clients, clocks and randomness.
package kube
