package stack

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/fn/fields"
)

// validateStores says what is wrong with the stores of a stack: a type that the class does not
// allow, settings of the type, or a move away from the stack's data.
func validateStores(s *Stack, c Claim, was remembered) field.ErrorList {
	database, store := s.Spec.Database.Type, s.Spec.ObjectStore.Type
	errs := validateType(specPath.Child("database"), database, was.database.databaseType(), was.database, was.ours.database,
		s.Class.Database.AllowedTypes,
		func() (field.ErrorList, bool) {
			known, ok := databaseTypes[database]
			return checked(
				s,
				c.Spec.Database,
				specPath.Child("database"),
				named(c.Spec.Database.Type, database),
				databaseFields(),
				known.reads,
				known.class,
				known.claim,
			), ok
		})
	errs = append(errs, validateExtraParams(s.Spec.Database.ExtraParams, specPath.Child("database", "extraParams"))...)
	errs = append(errs, validateType(specPath.Child("objectStore"), store, was.store.storeType(), was.store, was.ours.store,
		s.Class.ObjectStore.AllowedTypes,
		func() (field.ErrorList, bool) {
			known, ok := storeTypes[store]
			return checked(
				s,
				c.Spec.ObjectStore,
				specPath.Child("objectStore"),
				named(c.Spec.ObjectStore.Type, store),
				storeFields(),
				known.reads,
				known.class,
				known.claim,
			), ok
		})...)
	for _, name := range was.names {
		if name != "" && name != s.ID {
			errs = append(errs, field.Forbidden(s.Class.path(), namesFrom+" derive the name "+s.ID+
				", and the stack has data under "+name+": restore those under which the stack was made"))
			break
		}
	}
	return append(errs, s.validateServer(was)...)
}

// validateType holds a type of store against the data that the stack has, and against what the class
// allows to a stack without data. Where only the Deployment tells of data in the namespace, the class
// has to allow its type: whoever may edit the namespace may edit the Deployment.
func validateType[T ~string](
	path *field.Path,
	t, before T,
	data, ours dataIdentity,
	allowed []T,
	check func() (field.ErrorList, bool),
) field.ErrorList {
	switch {
	case before != "" && before != t:
		return field.ErrorList{fixedType(path, string(t), data)}
	case !slices.Contains(allowed, t) && (before == "" || data != ours && data.sharedName() == ""):
		return field.ErrorList{field.NotSupported(path.Child("type"), t, allowed)}
	}
	errs, known := check()
	if !known { // such types are in later.go as well
		return field.ErrorList{field.Forbidden(path.Child("type"), string(t)+" is not available in this version of the function")}
	}
	return errs
}

// checked says what is wrong with a claim that names a type, with the class's settings of the type, or
// else with the claim's.
func checked(
	s *Stack,
	block any, // of the claim, below path
	path *field.Path,
	types []string, // the stack's, and the one that the claim names
	fieldsOf map[string][]string, // the types that a field goes with
	reads []schema.GroupKind,
	class func(*Class) field.ErrorList,
	claim func(*Stack) field.ErrorList,
) field.ErrorList {
	if class == nil {
		return nil
	}
	if errs := misplaced(block, path, types, fieldsOf); len(errs) > 0 {
		return errs
	}
	for _, kind := range reads {
		if why := s.world.cannotRead(kind); why != "" {
			return field.ErrorList{field.Forbidden(path.Child("type"), why)}
		}
	}
	if errs := class(s.Class); len(errs) > 0 {
		return errs
	}
	return claim(s)
}

// named are the type of a stack and the one that its claim names, which differ where the stack keeps
// its data.
func named[T ~string](says, is T) []string {
	return slices.Compact([]string{string(is), string(cmp.Or(says, is))})
}

// misplaced refuses fields of a claim that go with none of the types.
func misplaced(block any, path *field.Path, types []string, fieldsOf map[string][]string) field.ErrorList {
	var errs field.ErrorList
	for _, name := range slices.Sorted(maps.Keys(fieldsOf)) {
		if slices.ContainsFunc(types, func(t string) bool { return slices.Contains(fieldsOf[name], t) }) {
			continue
		}
		for _, set := range fields.Find(block, name, path) {
			errs = append(errs, field.Forbidden(set.Path, "goes with type "+strings.Join(fieldsOf[name], " or ")+", and the stack's is "+types[0]))
		}
	}
	return errs
}

// databaseFields are the fields of a claim's database that go with some types only, and those.
func databaseFields() map[string][]string {
	return fieldsByType(databaseTypes, func(t databaseType) []string { return t.fields })
}

// storeFields are the same of its object store.
func storeFields() map[string][]string {
	return fieldsByType(storeTypes, func(t storeType) []string { return t.fields })
}

func fieldsByType[T ~string, V any](table map[T]V, of func(V) []string) map[string][]string {
	all := map[string][]string{}
	for _, t := range slices.Sorted(maps.Keys(table)) {
		for _, name := range of(table[t]) {
			all[name] = append(all[name], string(t))
		}
	}
	return all
}

// validateServer refuses to make a database anew on another server than the one that has the data: its
// resource has gone, and with it what the provider was told.
func (s *Stack) validateServer(was remembered) field.ErrorList {
	if was.observed[resDatabase].Exists() || was.database.sharedServer() == "" {
		return nil
	}
	for _, m := range s.moves {
		if m.condition == ConditionDatabase && m.elsewhere {
			return field.ErrorList{field.Forbidden(s.Class.path().Child("database", "shared"), "the stack has data in "+string(was.database)+
				", and its Database is not found: set the class back before it is made anew, or say in movedFrom that the data has moved")}
		}
	}
	return nil
}

// fixedType refuses to move a stack to another type of store: its data would stay behind.
func fixedType(path *field.Path, to string, data dataIdentity) *field.Error {
	return field.Forbidden(path.Child("type"), "the stack has data in "+string(data)+", and "+to+" would leave it behind: "+
		"set the type back, or make another stack and copy the data")
}
