package stack

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// An embedded database is a MariaDB server of the stack's own. Whoever administers it does so by the
// init file, which it runs at each start: no password opens more than the stack's own database.

// Name and user of an embedded database. No other stack has the server, so they need not be derived.
const (
	embeddedDatabaseName = "mlpipeline"
	embeddedDatabaseUser = "pipelines"
)

func validateEmbeddedDatabase(s *Stack) field.ErrorList {
	return validateEmbedded(specPath.Child("database", "embedded"), s.Spec.Database.Embedded)
}

// embeddedDatabase is a database in a server of the stack's own.
func embeddedDatabase(s *Stack) database {
	key := func(k string) source { return source{secret: secretDatabase, key: k} }
	return database{
		identity: newIdentity(identityEmbedded, s.volumeClaim(nameDatabase)),
		name:     embeddedDatabaseName,
		host:     s.host(nameDatabase),
		port:     portMySQL,
		pods:     &servers{s.podsOf(nameDatabase), portMySQL},
		volume:   s.volumeClaim(nameDatabase),
		login: login{
			username: key(keyUsername), password: key(keyPassword), host: key(keyEndpoint), port: key(keyPort),
			secret: secretDatabase, hash: s.loginHash(keyUsername, keyPassword, keyEndpoint, keyPort),
		},
		tls:             v1alpha1.DatabaseTLSDisabled, // it never leaves the namespace
		nativePasswords: true,
		fate:            retention(s.world.Observed[resDatabaseServer]),
		at:              specPath.Child("database", "embedded"),
	}
}

// loginHash changes with keys of the login's Secret.
func (s *Stack) loginHash(keys ...string) string {
	return fingerprint(secretData(s.world.Observed[resDatabaseSecret], keys...), keys...)
}

func embeddedDatabaseResources(s *Stack, o Observed) []Resource {
	rs := []Resource{
		{Name: resDatabaseServiceAccount, Object: s.serviceAccount(nameDatabase, nameDatabase)},
		{Name: resDatabaseSecret, Object: databaseSecret(s)},
		{Name: resDatabaseService, Object: s.service(nameDatabase, nameDatabase, corev1.ServicePort{Name: mysqlPort, Port: portMySQL})},
		{Name: resDatabaseServer, Object: databaseServer(s, o), Needs: []string{resDatabaseSecret}, Volume: s.database.volume},
	}
	if s.policiesEnabled() {
		rs = append(rs, Resource{Name: resNetworkPolicyDatabase, Object: databasePolicy(s)})
	}
	return rs
}

// databaseSecret holds the login, and what the server runs as it starts. The password is kept as long
// as the Secret is there; if somebody deletes it, the server is brought in line with a new one.
func databaseSecret(s *Stack) *corev1.Secret {
	secret := &corev1.Secret{TypeMeta: typeSecret, ObjectMeta: s.meta(secretDatabase, nameDatabase), Type: corev1.SecretTypeOpaque}
	made := s.world.kept(resDatabaseSecret, map[string]int{keyPassword: 32})
	if made == nil {
		return secret
	}
	secret.Data = map[string][]byte{
		keyUsername: []byte(embeddedDatabaseUser),
		keyPassword: made[keyPassword],
		keyEndpoint: []byte(s.host(nameDatabase)),
		keyPort:     []byte(strconv.Itoa(portMySQL)),
		keyInitSQL:  []byte(initSQL(string(made[keyPassword]))),
	}
	return secret
}

// initSQL brings database, user, password and rights in line at each start, so that the server of a
// volume that was retained lets this stack in. A mistake in it is a line in the server's log and no
// more, so the password holds letters and digits alone, and readiness logs in.
func initSQL(password string) string {
	user := fmt.Sprintf("'%s'@'%%'", embeddedDatabaseUser)
	return strings.Join([]string{
		"CREATE DATABASE IF NOT EXISTS `" + embeddedDatabaseName + "` CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;",
		"CREATE USER IF NOT EXISTS " + user + " IDENTIFIED BY '" + password + "';",
		"ALTER USER " + user + " IDENTIFIED BY '" + password + "';",
		"GRANT " + strings.Join(privileges, ", ") + " ON `" + embeddedDatabaseName + "`.* TO " + user + ";",
		"",
	}, "\n")
}

// Where the server has its files. All but the data is in memory or in the image.
const (
	dirMariaDB       = "/var/lib/mysql"
	dirMariaDBData   = dirMariaDB + "/data" // below the volume, whose own folder may hold lost+found
	dirMariaDBRun    = "/run/mysqld"
	dirMariaDBInit   = "/etc/pipelinestack/mariadb"
	volumeMariaDBRun = "run"
	volumeTmp        = "tmp"
	dirTmp           = "/tmp"
	volumeInitSQL    = "init-sql"
)

func databaseServer(s *Stack, o Observed) *appsv1.StatefulSet {
	embedded, line := s.Spec.Database.Embedded, databaseLine(o)
	mounts := []corev1.VolumeMount{
		s.volumeMount(dirMariaDB),
		{Name: volumeMariaDBRun, MountPath: dirMariaDBRun},
		{Name: volumeTmp, MountPath: dirTmp},
	}

	login := s.database.login
	main := s.serverContainer("mariadb", DatabaseServer, embedded, []corev1.EnvVar{
		login.username.env("DATABASE_USER"),
		login.password.env("DATABASE_PASSWORD"),
	})
	main.Command = []string{"mariadbd"}
	main.Args = []string{
		"--no-defaults",
		"--datadir=" + dirMariaDBData,
		"--init-file=" + dirMariaDBInit + "/" + keyInitSQL,
		"--socket=" + dirMariaDBRun + "/mysqld.sock",
		"--pid-file=" + dirMariaDBRun + "/mysqld.pid",
		"--tmpdir=" + dirTmp,
		"--port=" + strconv.Itoa(portMySQL),
		"--skip-name-resolve",
		"--character-set-server=utf8mb4",
		"--collation-server=utf8mb4_general_ci", // the newest servers' own default is unknown to older clients
	}
	main.Ports = []corev1.ContainerPort{{Name: mysqlPort, ContainerPort: portMySQL, Protocol: corev1.ProtocolTCP}}
	main.VolumeMounts = slices.Concat(mounts, []corev1.VolumeMount{dirMount(volumeInitSQL, dirMariaDBInit)})
	main.StartupProbe = probe(tcpProbe(mysqlPort), 5, 720) // after a crash it reads its log again, for up to an hour
	main.LivenessProbe = probe(tcpProbe(mysqlPort), 10, 6)
	main.ReadinessProbe = probe(execProbe(`MYSQL_PWD="$DATABASE_PASSWORD" exec mariadb --no-defaults --protocol=tcp --host=127.0.0.1 --port=`+
		strconv.Itoa(portMySQL)+` --skip-ssl --user="$DATABASE_USER" --execute='SELECT 1' `+embeddedDatabaseName), 5, 3)
	main.ReadinessProbe.TimeoutSeconds = 5 // a client has to start

	init := s.serverContainer("prepare", DatabaseServer, embedded, []corev1.EnvVar{env("MARIADB_LINE", line)})
	init.Command, init.Args = []string{"/bin/sh", "-c"}, []string{prepareMariaDB}
	init.VolumeMounts = mounts
	if line != mariadbLine {
		main.Image = cmp.Or(runningImage(o[resDatabaseServer]), main.Image)
		init.Image = main.Image
	}

	set := s.statefulSet(nameDatabase, embedded, s.Spec.Database.DeletionPolicy, pod{
		programs: []program{{component: DatabaseServer}},
		init:     []corev1.Container{init},
		main:     []corev1.Container{main},
		volumes:  []corev1.Volume{secretFile(volumeInitSQL, secretDatabase, keyInitSQL), emptyVolume(volumeMariaDBRun), emptyVolume(volumeTmp)},
		secrets: contentHash(annotationDatabaseHash, s.loginHash(keyUsername, keyPassword, keyEndpoint, keyPort, keyInitSQL),
			o[resDatabaseServer]),
	})
	set.Annotations = map[string]string{annotationLine: line}
	return set
}

// prepareMariaDB makes the data folder, or has the data of an older line follow. Each step is done
// wholly or again.
const prepareMariaDB = `set -eu
cd ` + dirMariaDB + `
is="$MARIADB_LINE"
if [ -e line ]; then is=$(cat line); fi
if [ "$(printf '%s\n' "$is" "$MARIADB_LINE" | sort -V | tail -n 1)" != "$MARIADB_LINE" ]; then
  echo "the data is of MariaDB $is and cannot be read by $MARIADB_LINE: there is no way back but a backup" >&2
  exit 1
fi
if [ ! -d data ]; then
  rm -rf new
  mariadb-install-db --no-defaults --datadir=` + dirMariaDB + `/new --tmpdir=` + dirTmp + ` \
    --auth-root-authentication-method=socket --skip-test-db
  mv new data
elif [ "$is" != "$MARIADB_LINE" ]; then
  mariadbd --no-defaults --datadir=` + dirMariaDBData + ` --tmpdir=` + dirTmp + ` --skip-networking --skip-grant-tables \
    --socket=` + dirMariaDBRun + `/upgrade.sock --pid-file=` + dirMariaDBRun + `/upgrade.pid &
  until mariadb-admin --no-defaults --socket=` + dirMariaDBRun + `/upgrade.sock ping >/dev/null 2>&1; do kill -0 $!; sleep 1; done
  mariadb-upgrade --no-defaults --socket=` + dirMariaDBRun + `/upgrade.sock --upgrade-system-tables
  kill $!
  wait $!
fi
echo "$MARIADB_LINE" > line
`

// databaseLine is the line of MariaDB that a stack runs. It never goes down: an older function leaves
// a newer server as it is.
func databaseLine(o Observed) string {
	running := o[resDatabaseServer].Annotation(annotationLine)
	if newerLine(running, mariadbLine) {
		return running
	}
	return mariadbLine
}

// newerLine says whether one line, such as 11.8, comes after another. What is no line does not.
func newerLine(one, other string) bool {
	var a, b [2]int
	if n, err := fmt.Sscanf(one, "%d.%d", &a[0], &a[1]); n != 2 || err != nil {
		return false
	}
	if n, err := fmt.Sscanf(other, "%d.%d", &b[0], &b[1]); n != 2 || err != nil {
		return false
	}
	return a[0] > b[0] || a[0] == b[0] && a[1] > b[1]
}
