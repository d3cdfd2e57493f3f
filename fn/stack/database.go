package stack

import (
	"encoding/json"
	"maps"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/platform/v1beta1"
	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// database in use, whatever its mode. Pods read login and address from the Secret by key; host and port are here for status, policies
// and people.
type database struct {
	name   string
	host   string
	port   int32
	secret string
	tls    v1alpha1.DatabaseTLS
	ca     string // PEM, empty for public authorities
}

// database of the stack. One branch per mode; only Shared is there yet.
func (s *Stack) database() database {
	shared := s.Platform.Database.Shared
	return database{name: s.ID, host: shared.Host, port: shared.Port, secret: secretDatabase, tls: shared.TLS, ca: shared.CABundle}
}

// databaseResources makes a database and a user of the stack's own in the shared server.
func databaseResources(s *Stack, o Observed) []Resource {
	return append([]Resource{
		{Name: keyDatabase, Object: sqlDatabase(s)},
		{Name: keyDatabaseUser, Object: sqlUser(s)},
		{Name: keyDatabaseGrant, Object: sqlGrant(s, o), Needs: []string{keyDatabase, keyDatabaseUser}},
	}, databaseCA(s)...)
}

const (
	keyDatabase = "database"
	// keyDatabaseUser is the resource whose connection details pods log in with.
	keyDatabaseUser  = "database-user"
	keyDatabaseGrant = "database-grant"
)

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
	if user := madeAs(o[keyDatabaseUser]); user != "" {
		grant.Annotations = map[string]string{annotationUser: user}
	}
	return grant
}

// databaseCA shows the authorities of the server's certificate to the pods that log in.
func databaseCA(s *Stack) []Resource {
	if s.database().ca == "" {
		return nil
	}
	return []Resource{{Name: "database-ca", Object: s.configMap(nameDatabaseCA, nameAPIServer, map[string]string{keyDatabaseCA: s.database().ca})}}
}

const (
	volumeDatabaseCA = "database-ca"
	dirDatabaseCA    = "/etc/pipelinestack/database-ca"
)

// databaseCAMount of a pod that logs in, when the server's authorities are not public.
func (s *Stack) databaseCAMount() ([]corev1.Volume, []corev1.VolumeMount) {
	if s.database().ca == "" {
		return nil, nil
	}
	return []corev1.Volume{configMapVolume(volumeDatabaseCA, nameDatabaseCA)}, []corev1.VolumeMount{dirMount(volumeDatabaseCA, dirDatabaseCA)}
}

// dsnTLS are the words of go-sql-driver/mysql. Anything that the driver does not know it ignores, and goes on in plain text.
var dsnTLS = map[v1alpha1.DatabaseTLS]string{
	v1alpha1.DatabaseTLSVerify:     "true",
	v1alpha1.DatabaseTLSSkipVerify: "skip-verify",
	v1alpha1.DatabaseTLSDisabled:   "false",
}

// dsnReserved are parameters that the stack or KFP sets.
var dsnReserved = map[string]bool{"tls": true, "charset": true, "parseTime": true, "loc": true, "group_concat_max_len": true}

// dsnParams of the API server's connection, a JSON object of strings. Kubeflow Pipelines asks for the character set utf8 by itself, which
// holds no emoji: a name with one would be refused by the server (Error 1366).
func (s *Stack) dsnParams() string {
	params := map[string]string{"charset": "utf8mb4", "tls": dsnTLS[s.database().tls]}
	maps.Copy(params, s.Spec.Database.ExtraParams)
	return compactJSON(params)
}

// compactJSON of a value that cannot fail to marshal: maps and structs of strings. Keys come sorted.
func compactJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// nativePasswords says whether the server in use lets ML Metadata log in.
func nativePasswords(d *v1beta1.SharedDatabase) bool {
	return d.NativePasswords != nil && *d.NativePasswords
}
