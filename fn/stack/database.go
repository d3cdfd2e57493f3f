package stack

import (
	"maps"
	"regexp"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// env is a variable with the source's value.
func (from source) env(name string) corev1.EnvVar {
	if from.secret == "" {
		return env(name, from.value)
	}
	return envSecret(name, from.secret, from.key)
}

// databaseNames are those that Kubeflow Pipelines, which does not quote them, can use.
var databaseNames = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,63}$`)

// databaseCA holds the authorities against which pods check the server's certificate. Where those
// are public it is empty and not made.
func databaseCA(s *Stack) *corev1.ConfigMap {
	return s.configMap(nameDatabaseCA, nameAPIServer, map[string]string{keyDatabaseCA: s.database.ca})
}

// privileges of the stack's user on its own database. Not ALL: an RDS administrator cannot grant it
// on MariaDB, and MySQL prints the complete list back as ALL, which provider-sql then revokes and
// grants again at every poll.
var privileges = []string{"SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "DROP", "ALTER", "INDEX", "REFERENCES"}

const (
	volumeDatabaseCA = "database-ca"
	dirDatabaseCA    = "/etc/pipelinestack/database-ca"
)

// databaseCAMounts are those of a container that logs in.
func (s *Stack) databaseCAMounts() []corev1.VolumeMount {
	if s.database.ca == "" {
		return nil
	}
	return []corev1.VolumeMount{dirMount(volumeDatabaseCA, dirDatabaseCA)}
}

// dsnTLS are the values that go-sql-driver/mysql knows. It ignores any other value and connects in
// plain text.
var dsnTLS = map[v1alpha1.DatabaseTLS]string{
	v1alpha1.DatabaseTLSVerify:     "true",
	v1alpha1.DatabaseTLSSkipVerify: "skip-verify",
	v1alpha1.DatabaseTLSDisabled:   "false",
}

// envExtraParams is the variable that holds them.
const envExtraParams = "DBCONFIG_MYSQLCONFIG_EXTRAPARAMS"

// dsnParams are those of the API server's connection, a JSON object of strings. By default Kubeflow
// Pipelines asks for the character set utf8, which has no emoji: the server would refuse a name
// with one (Error 1366).
func (s *Stack) dsnParams() string {
	params := map[string]string{"charset": "utf8mb4", "tls": dsnTLS[s.database.tls]}
	maps.Copy(params, s.Spec.Database.ExtraParams)
	return compactJSON(params)
}
