package stack

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// An external database exists already, with a user whose password is in a Secret of the tenant's. The
// stack makes nothing of it and deletes nothing of it.

// validateExternalDatabase says what is wrong with a database that a claim names.
func validateExternalDatabase(s *Stack) field.ErrorList {
	path, external := specPath.Child("database", "external"), s.Spec.Database.External
	if external == nil {
		return field.ErrorList{field.Required(path, "type External needs it")}
	}
	errs := kube.ValidateHost(external.Host, path.Child("host"))
	if !databaseNames.MatchString(external.Name) {
		errs = append(
			errs,
			field.Invalid(path.Child("name"), external.Name, "must be a letter, then letters, digits and underscores, at most 64"),
		)
	}
	if slices.Contains(serverSchemas, strings.ToLower(external.Name)) {
		errs = append(errs, field.Forbidden(path.Child("name"), "it is the server's own: name a database for the stack"))
	}
	if (external.Username == "") == (external.UsernameSecretRef == nil) {
		errs = append(errs, field.Invalid(path.Child("username"), external.Username, "exactly one of username and usernameSecretRef is needed"))
	}
	if external.CABundle != nil && externalTLS(external) != v1alpha1.DatabaseTLSVerify {
		errs = append(errs, field.Forbidden(path.Child("caBundle"), "goes with tls Verify"))
	}
	for _, p := range externalDatabaseProvides(external) {
		errs = append(errs, validateProvided(p, path)...)
	}
	if was, to := s.world.remembered().database, externalDatabaseIdentity(external); was != "" && was != to &&
		!slices.Contains(s.Class.Database.MovedFrom, string(was)) {
		errs = append(errs, movedAway(path, was))
	}
	return errs
}

// serverSchemas are databases that every server has for itself.
var serverSchemas = []string{"information_schema", "mysql", "performance_schema", "sys"}

func externalTLS(external *v1alpha1.ExternalDatabase) v1alpha1.DatabaseTLS {
	return cmp.Or(external.TLS, v1alpha1.DatabaseTLSVerify)
}

func externalDatabasePort(external *v1alpha1.ExternalDatabase) int32 {
	return cmp.Or(external.Port, portMySQL)
}

// externalDatabaseIdentity names the port only where it is not the usual one.
func externalDatabaseIdentity(external *v1alpha1.ExternalDatabase) dataIdentity {
	host := external.Host
	if port := externalDatabasePort(external); port != portMySQL {
		host += ":" + strconv.Itoa(int(port))
	}
	return newIdentity(identityExternal, host, external.Name)
}

// externalDatabaseProvides lists what the tenant has to provide. Keys of one Secret are asked for
// together.
func externalDatabaseProvides(external *v1alpha1.ExternalDatabase) []provided {
	login := provided{kind: typeSecret.Kind, name: external.PasswordSecretRef.Name, keys: []string{external.PasswordSecretRef.Key}}
	all := []provided{login}
	if ref := external.UsernameSecretRef; ref != nil {
		all = merged(all, provided{kind: typeSecret.Kind, name: ref.Name, keys: []string{ref.Key}})
	}
	if external.CABundle != nil {
		ref := external.CABundle.ConfigMapKeyRef
		all = append(all, provided{kind: typeConfigMap.Kind, name: ref.Name, keys: []string{ref.Key}})
	}
	return all
}

// externalDatabase is a database that exists already.
func externalDatabase(s *Stack) database {
	external := s.Spec.Database.External
	password := external.PasswordSecretRef
	username := source{value: external.Username}
	if ref := external.UsernameSecretRef; ref != nil {
		username = source{secret: ref.Name, key: ref.Key}
	}
	port := externalDatabasePort(external)
	d := database{
		identity: s.proven(externalDatabaseIdentity(external), s.world.remembered().database),
		name:     external.Name,
		host:     external.Host,
		port:     port,
		login: login{
			username: username, password: source{secret: password.Name, key: password.Key},
			host: source{value: external.Host}, port: source{value: strconv.Itoa(int(port))},
			secret: password.Name,
		},
		tls:             externalTLS(external),
		nativePasswords: true, // its administrator knows
		provided:        externalDatabaseProvides(external),
		fate:            v1alpha1.DeletionRetain,
		at:              specPath.Child("database", "external"),
	}
	d.login.hash = s.world.macOf(d.provided)
	if external.CABundle != nil {
		d.ownCA, d.ca = true, s.world.certificates(external.CABundle.ConfigMapKeyRef)
	}
	return d
}

// certificates of a ConfigMap that a person provides. While they are missing those that the stack has
// stay: pods that run must not lose them.
func (w World) certificates(ref v1alpha1.LocalConfigMapKey) string {
	found, _ := w.answer(askProvided(provided{kind: typeConfigMap.Kind, name: ref.Name}))
	if pem := found.String("data", ref.Key); kube.IsCertificates(pem) {
		return pem
	}
	return w.Observed[resDatabaseCA].String("data", keyDatabaseCA)
}
