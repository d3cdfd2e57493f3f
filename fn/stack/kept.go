package stack

import (
	"strconv"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// A stack with data keeps its class, the types of its stores, and the release that its tables are
// of. The condition of a store says what class or claim would have instead.

// stayInClass says so of a stack whose claim names another class than the one that it is in.
func (s *Stack) stayInClass(says string) {
	if says == "" || says == s.Class.Name {
		return
	}
	for _, condition := range stores {
		s.stays(condition, specPath.Child("className").String()+" says "+strconv.Quote(says)+
			", but this stack has data in class "+strconv.Quote(s.Class.Name)+" and keeps it. "+copyData)
	}
}

// copyData is the way to another class or type.
const copyData = "Set the field back, or make another stack and copy the data"

// stayInTypes keeps the types of stores that have the stack's data. A new default is for new stacks.
// What a claim says of another type is no word about the data: that is retained.
func (s *Stack) stayInTypes(was remembered) {
	db, from := &s.Spec.Database, was.database.databaseType()
	if says := s.said.Database.Type; from != "" && (says == "" || staysWhole(was.database, was.ours.database)) {
		db.Type = from
		if s.stayInType(ConditionDatabase, "database.type", string(says), string(from), was.database) {
			db.DeletionPolicy = v1alpha1.DeletionRetain
		}
	}
	st, in := &s.Spec.ObjectStore, was.store.storeType()
	if says := s.said.ObjectStore.Type; in != "" && (says == "" || staysWhole(was.store, was.ours.store)) {
		st.Type = in
		if s.stayInType(ConditionObjectStore, "objectStore.type", string(says), string(in), was.store) {
			st.DeletionPolicy = v1alpha1.DeletionRetain
		}
	}
}

// staysWhole says whether a store can be kept without the claim's word: the claim alone describes an
// external one, and a tenant may write what the Deployment says.
func staysWhole(data, ours dataIdentity) bool {
	return data == ours && data.parts()[0] != identityExternal
}

// stayInType says that a claim names another type than the data has, and whether it does.
func (s *Stack) stayInType(condition, path, says, from string, data dataIdentity) bool {
	if says == "" || says == from {
		return false
	}
	s.stays(condition, specPath.Child(path).String()+" says "+strconv.Quote(says)+
		", but this stack has data in "+string(data)+" and keeps it. "+copyData)
	return true
}

// stayMigrated keeps the release of a stack whose tables an older one could not read.
func (s *Stack) stayMigrated(running pin) {
	from, to := s.Class.Catalogue[running.release], s.Release
	if from == nil || to == nil || to.Schema >= running.schema {
		return
	}
	s.stays(ConditionDatabase, s.saidAt("release").String()+" says "+strconv.Quote(to.Name)+
		", which cannot read the database: it has been migrated for release "+strconv.Quote(from.Name)+
		", which this stack keeps. Set the field back: there is no way back but a backup")
	s.Release, s.Spec.Release = from, from.Name
}

// keptBlock says that a class has lost a block of which a stack keeps what it had.
func (s *Stack) keptBlock(condition, path string, data dataIdentity) {
	s.moves = append(s.moves, move{condition: condition, elsewhere: true, message: s.Class.path().Child(path).String() +
		" is not there, but this stack has data in " + string(data) + " and keeps it as it is. Restore the block"})
}
