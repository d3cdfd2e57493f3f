package stack

import (
	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// databaseResources makes a database and a user of the stack's own in the shared server.
func databaseResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resDatabase, Object: sqlDatabase(s)},
		{Name: resDatabaseUser, Object: sqlUser(s)},
		{Name: resDatabaseGrant, Object: sqlGrant(s, o), Needs: []string{resDatabase, resDatabaseUser}},
	}
	if s.database().ca != "" {
		rs = append(rs, Resource{Name: resDatabaseCA, Object: databaseCA(s)})
	}
	return rs
}

func sqlDatabase(s *Stack) *managed.Resource[managed.DatabaseParameters] {
	r := managed.New(s.Scope, managed.KindDatabase, s.ID, s.Platform.Database.Shared.ProviderConfig, managed.DatabaseParameters{
		DefaultCharacterSet: "utf8mb4", // the server's default may be latin1, which loses names
	}).Named(s.ID)
	if s.Spec.Database.DeletionPolicy == v1alpha1.DeletionRetain {
		r.Retained(s.Scope)
	}
	return r
}

// sqlUser always goes with the stack: a user that stays behind would leave its successor with an empty connection Secret, since the
// provider publishes a password only when it creates the user.
func sqlUser(s *Stack) *managed.Resource[managed.SQLUserParameters] {
	return managed.New(s.Scope, managed.KindSQLUser, s.ID, s.Platform.Database.Shared.ProviderConfig, managed.SQLUserParameters{}).
		Named(s.ID).Connects(s.Scope, secretDatabase)
}

// privileges of the stack's user on its own database. Not ALL: an RDS administrator cannot grant it on MariaDB, and MySQL prints the
// complete list back as ALL, which provider-sql then revokes and grants again at every poll.
var privileges = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"}

// sqlGrant carries which user it was made for. A user that is made anew has no rights, and the provider looks at a grant that does not
// change only every ten minutes; the annotation changes the grant, so the provider looks at once.
func sqlGrant(s *Stack, o Observed) *managed.Resource[managed.GrantParameters] {
	grant := managed.New(s.Scope, managed.KindGrant, s.ID, s.Platform.Database.Shared.ProviderConfig, managed.GrantParameters{
		Privileges:  privileges,
		UserRef:     &managed.Reference{Name: s.ID},
		DatabaseRef: &managed.Reference{Name: s.ID},
	})
	if user := madeAs(o[resDatabaseUser]); user != "" {
		grant.Annotations = map[string]string{annotationUser: user}
	}
	return grant
}

// nativePasswords says whether the server in use lets ML Metadata log in.
func nativePasswords(d *v1beta1.SharedDatabase) bool {
	return d.NativePasswords != nil && *d.NativePasswords
}
