package stack

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// validateStores says what is wrong with the stores of a stack: a type that the class does not
// allow, settings of the type, or a move away from the stack's data.
func validateStores(s *Stack, was remembered) field.ErrorList {
	database, store := s.Spec.Database.Type, s.Spec.ObjectStore.Type
	errs := validateType(specPath.Child("database"), database, was.database.databaseType(), was.database, s.Class.Database.AllowedTypes,
		func() (field.ErrorList, bool) {
			known, ok := databaseTypes[database]
			return checked(s, known.class, known.claim), ok
		})
	errs = append(errs, validateExtraParams(s.Spec.Database.ExtraParams, specPath.Child("database", "extraParams"))...)
	errs = append(errs, validateType(specPath.Child("objectStore"), store, was.store.storeType(), was.store, s.Class.ObjectStore.AllowedTypes,
		func() (field.ErrorList, bool) {
			known, ok := storeTypes[store]
			return checked(s, known.class, known.claim), ok
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
// allows to a stack without data.
func validateType[T ~string](
	path *field.Path,
	t, before T,
	data dataIdentity,
	allowed []T,
	check func() (field.ErrorList, bool),
) field.ErrorList {
	switch {
	case before != "" && before != t:
		return field.ErrorList{fixedType(path, string(t), data)}
	case before == "" && !slices.Contains(allowed, t):
		return field.ErrorList{field.NotSupported(path.Child("type"), t, allowed)}
	}
	errs, known := check()
	if !known { // such types are in later.go as well
		return field.ErrorList{field.Forbidden(path.Child("type"), string(t)+" is not available in this version of the function")}
	}
	return errs
}

// checked says what is wrong with a class, or else with a claim.
func checked(s *Stack, class func(*Class) field.ErrorList, claim func(*Stack) field.ErrorList) field.ErrorList {
	if class == nil {
		return nil
	}
	if errs := class(s.Class); len(errs) > 0 {
		return errs
	}
	return claim(s)
}

// validateServer refuses to make a database anew on another server than the one that has the data: its
// resource has gone, and with it what the provider was told.
func (s *Stack) validateServer(was remembered) field.ErrorList {
	if was.observed[resDatabase].Exists() || was.database.sharedServer() == "" {
		return nil
	}
	for _, m := range s.moves {
		if m.condition == ConditionDatabase {
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
