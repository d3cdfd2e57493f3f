package stack

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
	"github.com/pipelinestack/function-pipelinestack/fn/managed"
)

// validateSharedDatabase says what is wrong with a class's shared server.
func validateSharedDatabase(c *Class) field.ErrorList {
	path := c.path().Child("database", "shared")
	shared := c.Database.Shared
	if shared == nil {
		return field.ErrorList{field.Required(path, "databases of type Shared need a server: name it, or take Shared out of allowedTypes")}
	}
	var errs field.ErrorList
	errs = append(errs, kube.ValidateHost(shared.Host, path.Child("host"))...)
	if shared.Engine == v1alpha1.EngineMySQL && shared.NativePasswords != nil && *shared.NativePasswords && majorOf(shared.Version) >= 9 {
		errs = append(errs, field.Invalid(path.Child("nativePasswords"), true, "MySQL "+shared.Version+
			" has no mysql_native_password: use a server of 8.4 or older, MariaDB, or a release without ML Metadata"))
	}
	if shared.CABundle != "" && !kube.IsCertificates(shared.CABundle) {
		errs = append(errs, field.Invalid(path.Child("caBundle"), field.OmitValueType{}, "must hold certificates, PEM-encoded, and nothing else"))
	}
	if shared.CABundle != "" && shared.TLS != v1alpha1.DatabaseTLSVerify {
		errs = append(errs, field.Forbidden(path.Child("caBundle"), "goes with tls Verify"))
	}
	return errs
}

// majorOf a version is its first number; 0 of none.
func majorOf(version string) int {
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	if err != nil {
		return 0
	}
	return major
}

// sharedDatabase is a database and a user of the stack's own in the server that the class names.
func sharedDatabase(s *Stack) database {
	server := s.Class.Database.Shared
	key := func(k string) source { return source{secret: secretDatabase, key: k} }
	return database{
		identity: newIdentity(identityShared, server.Host, s.ID),
		name:     s.ID,
		host:     server.Host,
		port:     server.Port,
		login: login{
			username: key(keyUsername), password: key(keyPassword), host: key(keyEndpoint), port: key(keyPort),
			secret: secretDatabase, hash: sharedLoginHash(s.world.Observed),
		},
		tls:             server.TLS,
		ca:              server.CABundle,
		ownCA:           server.CABundle != "",
		nativePasswords: server.NativePasswords != nil && *server.NativePasswords,
		note:            s.hostNote(),
		fate:            deletionPolicy(s.world.Observed[resDatabase]),
		at:              s.Class.path().Child("database", "shared"),
	}
}

// sharedLoginHash changes with the login. It is empty while the login has no rights yet, so that no
// pod rolls for it.
func sharedLoginHash(o Observed) string {
	if outdated(o[resDatabaseGrant], o[resDatabaseUser]) {
		return ""
	}
	return fingerprint(o[resDatabaseUser].Details, keyUsername, keyPassword, keyEndpoint, keyPort)
}

// loginPort reports a login for another port than the class says: pods log in by the Secret that the
// provider wrote, and network policies open the port of the class.
func (s *Stack) loginPort(user kube.Observed) kube.Verdict {
	login, class := string(user.Details[keyPort]), portText(s.database.port)
	if login == class {
		return kube.Verdict{Ready: true, Reason: kube.ReasonAvailable}
	}
	return kube.Verdict{Reason: ReasonAddressMismatch, Message: "Secret " + secretDatabase + " says port " + login + ", and " +
		s.database.at.Child("port").String() + " is " + class + ", which alone network policies open: correct the class, or correct " +
		"the port in the ProviderConfig's Secret and delete User " + user.Name() + " of " + user.String("apiVersion") +
		", which comes back with a login for it"}
}

// hostNote tells people when the login names another host than the class. Another name can be the
// same server.
func (s *Stack) hostNote() string {
	login, class := string(s.world.Observed[resDatabaseUser].Details[keyEndpoint]), s.Class.Database.Shared.Host
	if login == "" || strings.EqualFold(login, class) {
		return ""
	}
	return "pods log in at " + login + ", as Secret " + secretDatabase + " says, and " + s.Class.path().Child(
		"database",
		"shared",
		"host",
	).String() +
		" is " + class + ": see that both are the same server"
}

func portText(port int32) string { return strconv.Itoa(int(port)) }

// sharedDatabaseResources makes a database and a user of the stack's own in the shared server.
func sharedDatabaseResources(s *Stack, o Observed) []Resource {
	return []Resource{
		{Name: resDatabase, Object: sqlDatabase(s)},
		{Name: resDatabaseUser, Object: sqlUser(s, o)},
		{Name: resDatabaseGrant, Object: sqlGrant(s, o), Needs: []string{resDatabase, resDatabaseUser}},
	}
}

func sqlDatabase(s *Stack) *managed.Resource[managed.DatabaseParameters] {
	r := managed.New(s.Scope, managed.KindDatabase, s.ID, s.Class.Database.Shared.ProviderConfig, managed.DatabaseParameters{
		DefaultCharacterSet: "utf8mb4", // the server's default may be latin1, which loses names
	}).Named(s.ID)
	if s.Spec.Database.DeletionPolicy == v1alpha1.DeletionRetain {
		r.Retained(s.Scope)
	}
	return r
}

// sqlUser is always deleted with the stack: if it stayed, a later stack would have an empty
// connection Secret, since the provider publishes a password only when it creates the user.
func sqlUser(s *Stack, o Observed) *managed.Resource[managed.SQLUserParameters] {
	return managed.New(s.Scope, managed.KindSQLUser, s.ID, s.Class.Database.Shared.ProviderConfig, managed.SQLUserParameters{
		ResourceOptions: connectionLimit(s, o[resDatabaseUser]),
	}).Named(s.ID).Connects(s.Scope, secretDatabase)
}

// connectionLimit bounds how many connections the user holds at once. A limit that is taken out is
// set to zero, the server's own, since the provider changes nothing that its resource does not say.
func connectionLimit(s *Stack, user kube.Observed) *managed.SQLUserOptions {
	most := s.Class.Database.Shared.MaxUserConnections
	if _, limited := user.Int("spec", "forProvider", "resourceOptions", "maxUserConnections"); most == 0 && !limited {
		return nil
	}
	return &managed.SQLUserOptions{MaxUserConnections: most}
}

// sqlGrant has an annotation that names the user it was made for. A user that is created again has
// no rights, and the provider checks an unchanged grant only every ten minutes. A changed
// annotation makes it check at once.
func sqlGrant(s *Stack, o Observed) *managed.Resource[managed.GrantParameters] {
	grant := managed.New(s.Scope, managed.KindGrant, s.ID, s.Class.Database.Shared.ProviderConfig, managed.GrantParameters{
		Privileges:  privileges,
		UserRef:     &managed.Reference{Name: s.ID},
		DatabaseRef: &managed.Reference{Name: s.ID},
	})
	if user := madeAs(o[resDatabaseUser]); user != "" {
		grant.Annotations = map[string]string{annotationUser: user}
	}
	return grant
}

// keptServer is what a class said of the server that has the stack's data, as far as it decides
// anything; nil if that is not known.
func (s *Stack) keptServer(was remembered) *v1alpha1.SharedDatabase {
	most, _ := s.world.Observed[resDatabaseUser].Int("spec", "forProvider", "resourceOptions", "maxUserConnections")
	server := v1alpha1.SharedDatabase{
		Host:               was.ours.database.sharedServer(),
		Port:               number(was.port),
		ProviderConfig:     was.providerConfig(resDatabase, resDatabaseUser, resDatabaseGrant),
		TLS:                s.world.databaseTLS(),
		CABundle:           s.world.Observed[resDatabaseCA].String("data", keyDatabaseCA),
		NativePasswords:    ptr.To(true), // where the release needs it, it works
		MaxUserConnections: number(most),
	}
	if server.Host == "" || server.Port == 0 || server.ProviderConfig == "" || server.TLS == "" {
		return nil
	}
	s.keptBlock(ConditionDatabase, "database.shared", was.database)
	return &server
}

// number of 32 bits; zero for any other.
func number(n int64) int32 {
	if n < 0 || n > math.MaxInt32 {
		return 0
	}
	return int32(n)
}

// databaseTLS is how the API server's connection is encrypted; empty if nobody knows.
func (w World) databaseTLS() v1alpha1.DatabaseTLS {
	for _, c := range w.Observed[resAPIServerDeployment].Items("spec", "template", "spec", "containers") {
		for _, v := range c.Items("env") {
			var params map[string]string
			if v.String("name") != envExtraParams || json.Unmarshal([]byte(v.String("value")), &params) != nil {
				continue
			}
			for tls, word := range dsnTLS {
				if word == params["tls"] {
					return tls
				}
			}
		}
	}
	return ""
}
