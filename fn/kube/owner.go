package kube

import "google.golang.org/protobuf/types/known/structpb"

// Controller returns kind and name of the object's controller, both empty if nothing controls it.
func (o Observed) Controller() (kind, name string) {
	c := o.controller()
	return c["kind"].GetStringValue(), c["name"].GetStringValue()
}

// ControlledBy says whether the object's controller has this UID.
func (o Observed) ControlledBy(uid string) bool {
	return uid != "" && o.controller()["uid"].GetStringValue() == uid
}

func (o Observed) controller() map[string]*structpb.Value {
	for _, ref := range o.list("metadata", "ownerReferences") {
		if c := ref.GetStructValue().GetFields(); c["controller"].GetBoolValue() {
			return c
		}
	}
	return nil
}
