package stack

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// A class says where databases and buckets are made, and a claim says where in them data is. When
// either changes to another place, the data of running stacks is still in the old one: a provider
// would make an empty database or bucket in the new place, and all data would seem lost. So a stack
// stays in the observed place, and the condition of its store names both.

// place is a setting that says where data is.
type place struct {
	condition string
	// at is the field that says it.
	at  func(*Stack) *field.Path
	get func(*Stack) string
	// set is called with a class that is the stack's own.
	set func(*Stack, string)
	// found is where the stack's data is; false if it has none yet, or nobody knows. It comes from
	// managed resources wherever it decides what is made.
	found func(*Stack, remembered) (string, bool)
	// optional says that a field that is left out names no other place.
	optional bool
}

// inClass is a place that a class names in a field of text below its spec.
func inClass(condition, path string, text func(*Stack) *string, found func(remembered) string) place {
	return place{
		condition: condition,
		at:        func(s *Stack) *field.Path { return s.Class.path().Child(path) },
		get:       func(s *Stack) string { return *text(s) },
		set:       func(s *Stack, to string) { *text(s) = to },
		found: func(_ *Stack, was remembered) (string, bool) {
			from := found(was)
			return from, from != ""
		},
		optional: true,
	}
}

// databasePlaces are those of a database in the class's server.
var databasePlaces = []place{
	inClass(ConditionDatabase, "database.shared.providerConfig",
		func(s *Stack) *string { return &s.Class.Database.Shared.ProviderConfig },
		func(was remembered) string { return was.providerConfig(resDatabase, resDatabaseUser, resDatabaseGrant) }),
	inClass(ConditionDatabase, "database.shared.host",
		func(s *Stack) *string { return &s.Class.Database.Shared.Host },
		func(was remembered) string { return was.database.sharedServer() }),
	{
		condition: ConditionDatabase,
		at:        func(s *Stack) *field.Path { return s.Class.path().Child("database", "shared", "port") },
		get:       func(s *Stack) string { return portText(s.Class.Database.Shared.Port) },
		set: func(s *Stack, to string) {
			port, _ := strconv.ParseInt(to, 10, 32) // as it was found
			s.Class.Database.Shared.Port = int32(port)
		},
		found: func(s *Stack, was remembered) (string, bool) {
			// The server itself has moved to the port that both the class and the login say.
			login := string(was.observed[resDatabaseUser].Details[keyPort])
			return strconv.FormatInt(was.port, 10), was.port > 0 && login != portText(s.Class.Database.Shared.Port)
		},
	},
}

// awsPlaces are those of a bucket in S3.
var awsPlaces = []place{
	inClass(ConditionObjectStore, "objectStore.aws.providerConfig",
		func(s *Stack) *string { return &s.Class.ObjectStore.AWS.ProviderConfig },
		func(was remembered) string { return was.providerConfig(awsConfigured...) }),
	inClass(ConditionObjectStore, "objectStore.aws.accountID",
		func(s *Stack) *string { return &s.Class.ObjectStore.AWS.AccountID },
		func(was remembered) string { return cmp.Or(reportedAccount(was.observed), was.ours.store.awsAccount()) }),
	inClass(ConditionObjectStore, "objectStore.aws.region",
		func(s *Stack) *string { return &s.Class.ObjectStore.AWS.Region },
		func(was remembered) string {
			return cmp.Or(was.observed[resBucket].String("spec", "forProvider", "region"), was.ours.store.awsRegion())
		}),
	inClass(ConditionObjectStore, "objectStore.aws.iamPath",
		func(s *Stack) *string { return &s.Class.ObjectStore.AWS.IAMPath },
		func(was remembered) string { return was.observed[resBucketUser].String("spec", "forProvider", "path") }),
}

// storePlaces are those of any bucket.
var storePlaces = []place{
	{
		condition: ConditionObjectStore,
		at:        func(s *Stack) *field.Path { return s.saidAt("objectStore.prefix") },
		get:       func(s *Stack) string { return s.Spec.ObjectStore.Prefix },
		set:       func(s *Stack, to string) { s.Spec.ObjectStore.Prefix = to },
		found:     func(_ *Stack, was remembered) (string, bool) { return was.prefix() },
	},
}

// stay keeps a stack where its data is, unless the class's movedFrom says that the data was moved.
func (s *Stack) stay(was remembered) {
	own := *s.Class // other stacks share the class
	s.Class = &own
	if was.hasDatabase && !slices.Contains(own.Database.MovedFrom, string(was.database)) {
		if shared := own.Database.Shared; shared != nil {
			own.Database.Shared = ptr.To(*shared)
			s.stayIn(was, databasePlaces)
		} else {
			own.Database.Shared = s.keptServer(was)
		}
	}
	if was.hasStore && !slices.Contains(own.ObjectStore.MovedFrom, string(was.store)) {
		if aws := own.ObjectStore.AWS; aws != nil {
			own.ObjectStore.AWS = ptr.To(*aws)
			s.stayIn(was, awsPlaces)
			s.stayWithARNs(aws)
		} else {
			own.ObjectStore.AWS = s.keptBackend(was)
		}
		if own.ObjectStore.AWS != nil {
			s.stayEncrypted()
		}
		s.stayIn(was, storePlaces)
	}
	s.stayNamed(was)
}

func (s *Stack) stayIn(was remembered, places []place) {
	for _, p := range places {
		from, known := p.found(s, was)
		to := p.get(s)
		if !known || from == to {
			continue
		}
		if to != "" || !p.optional {
			s.moves = append(s.moves, move{condition: p.condition, elsewhere: true, message: p.at(s).String() + " says " + strconv.Quote(to) +
				", but this stack was made with " + strconv.Quote(from) + " and keeps it, since its data is there. " +
				"Set the field back, or move the data and list its old identity in movedFrom"})
		}
		p.set(s, from)
	}
}

// stayWithARNs leaves out what the class says for another region or account than the stack stays in:
// the name under which S3 is reached, keys, and what bounds the stack's identity.
func (s *Stack) stayWithARNs(class *v1alpha1.AWSObjectStore) {
	own := s.Class.ObjectStore.AWS
	if own.Region != class.Region {
		own.Endpoint = s.world.Composite.String("status", "objectStore", "endpoint")
		own.KMSKeys = maps.Clone(own.KMSKeys)
		maps.DeleteFunc(own.KMSKeys, func(_, key string) bool { return !strings.HasPrefix(key, kmsPrefix(own.Region)) })
	}
	if own.Region != class.Region || own.AccountID != class.AccountID && class.AccountID != "" {
		own.PermissionsBoundary = s.world.Observed[resBucketUser].String("spec", "forProvider", "permissionsBoundary")
	}
}

// stayEncrypted keeps the key of a bucket whose claim names one that the class does not have, or no
// longer: its objects would be encrypted with S3's own keys from then on.
func (s *Stack) stayEncrypted() {
	e, keys := s.Spec.ObjectStore.Encryption, s.Class.ObjectStore.AWS.KMSKeys
	if e == nil || keys[e.Key] != "" {
		return
	}
	s.keptKey = s.world.lastKMSKey(s.region())
	if s.keptKey != "" {
		s.stays(ConditionObjectStore, s.Class.path().Child("objectStore", "aws", "kmsKeys").Key(e.Key).String()+
			" is not there, which "+s.saidAt("objectStore.encryption.key").String()+" names, so the bucket keeps the key "+s.keptKey+
			". Restore it, or name another key of the class")
	}
}

// stayNamed keeps the name under which a stack has data in shared stores. The managed resource has to
// carry it and the status to say it: a name that somebody else could write would open a neighbour's
// data.
func (s *Stack) stayNamed(was remembered) {
	derived := s.ID
	for _, d := range []struct {
		resource, condition string
		identity            dataIdentity
	}{
		{resBucket, ConditionObjectStore, was.ours.store}, {resDatabase, ConditionDatabase, was.ours.database},
	} {
		name := was.observed[d.resource].Annotation(managed.AnnotationExternalName)
		if name == "" || name == derived || name != d.identity.sharedName() {
			continue
		}
		s.ID = name
		s.stays(d.condition, s.Class.path().String()+": "+namesFrom+" changed and derive the name "+derived+
			", but this stack was made as "+name+" and keeps that name, since its data has it. Restore them")
	}
}

// namesFrom are the fields of a class that derived names follow from. Their values are in no message.
const namesFrom = "clusterID, identitySalt or identityFrom"

// staying makes the condition of a store False if its data would be moved. Any other fault of the
// store comes first; to be hibernated is none.
func (s *Stack) staying(c Condition) Condition {
	if c.Status != True && c.Reason != ReasonHibernated {
		return c
	}
	var messages []string
	for _, m := range s.moves {
		if m.condition == c.Type {
			messages = append(messages, m.message)
		}
	}
	if len(messages) == 0 {
		return c
	}
	return Condition{c.Type, False, ReasonMoveRefused, strings.Join(messages, "; ")}
}

// noted adds what people should know of a store that works.
func (s *Stack) noted(c Condition) Condition {
	if c.Status == True {
		c.Message = cmp.Or(c.Message, map[string]string{ConditionDatabase: s.database.note, ConditionObjectStore: s.store.note}[c.Type])
	}
	return c
}
