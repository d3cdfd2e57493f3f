package stack

import (
	"cmp"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// An external object store has a bucket already. Its keys stay in the tenant's Secret, which pods of
// the stack read by its own name.

// validateExternalStore says what is wrong with a bucket that a claim names.
func validateExternalStore(s *Stack) field.ErrorList {
	path, external := specPath.Child("objectStore", "external"), s.Spec.ObjectStore.External
	if external == nil {
		return field.ErrorList{field.Required(path, "type External needs it")}
	}
	errs := validateEndpoint(external.Endpoint, path.Child("endpoint"))
	errs = append(errs, validateBucket(external.Bucket, path.Child("bucket"))...)
	errs = append(errs, validateKeyless(s, external, path)...)
	if external.CABundle != nil {
		errs = append(errs, field.Forbidden(path.Child("caBundle"),
			"not available in this version of the function: use a store whose certificate the images trust"))
	}
	for _, p := range externalStoreProvides(external) {
		errs = append(errs, validateProvided(p, path)...)
	}
	seen := map[string]bool{}
	for i, b := range external.FurtherBuckets {
		at := path.Child("furtherBuckets").Index(i)
		errs = append(errs, validateBucket(b.Bucket, at.Child("bucket"))...)
		if b.Endpoint != "" {
			errs = append(errs, validateEndpoint(b.Endpoint, at.Child("endpoint"))...)
		}
		if seen[b.Bucket] || b.Bucket == external.Bucket {
			errs = append(errs, field.Duplicate(at.Child("bucket"), b.Bucket))
		}
		seen[b.Bucket] = true
	}
	if len(errs) > 0 {
		return errs
	}
	if was, to := s.world.remembered().store, externalStoreIdentity(external); was != "" && was != to &&
		!slices.Contains(s.Class.ObjectStore.MovedFrom, string(was)) {
		errs = append(errs, movedAway(path, was))
	}
	return errs
}

func validateEndpoint(endpoint string, path *field.Path) field.ErrorList {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return field.ErrorList{
			field.Invalid(path, field.OmitValueType{}, "must be a scheme and a host, with a port if need be, such as https://s3.example.org"),
		}
	}
	if errs := kube.ValidateHost(u.Hostname(), path); len(errs) > 0 {
		return errs
	}
	if port := u.Port(); port != "" {
		n, err := strconv.Atoi(port)
		if err != nil {
			return field.ErrorList{field.Invalid(path, endpoint, err.Error())}
		}
		for _, msg := range validation.IsValidPortNum(n) {
			return field.ErrorList{field.Invalid(path, endpoint, "its port "+msg)}
		}
	}
	return nil
}

var bucketNames = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9._-]{1,61}[a-zA-Z0-9]$`)

func validateBucket(bucket string, path *field.Path) field.ErrorList {
	if bucketNames.MatchString(bucket) {
		return nil
	}
	return field.ErrorList{field.Invalid(path, bucket, "must be the name of a bucket, without a prefix")}
}

// validateKeyless refuses a store without keys where the release cannot do without.
func validateKeyless(s *Stack, external *v1alpha1.ExternalObjectStore, path *field.Path) field.ErrorList {
	if external.CredentialsSecretRef != nil || s.Release == nil {
		return nil
	}
	switch mode := s.Release.Features.Keyless; {
	case mode == v1alpha1.KeylessFull, mode != "" && isAWS(external.Endpoint):
		return nil
	case mode == "":
		return field.ErrorList{field.Required(path.Child("credentialsSecretRef"), "release "+s.Release.Name+" needs keys")}
	default:
		return field.ErrorList{field.Required(path.Child("credentialsSecretRef"),
			"without keys release "+s.Release.Name+" reaches S3 itself alone: its pipeline pods ignore the endpoint")}
	}
}

// isAWS says whether an endpoint is S3's own.
func isAWS(endpoint string) bool {
	host, _, _ := endpointOf(endpoint)
	return strings.HasSuffix(host, ".amazonaws.com") || strings.HasSuffix(host, ".amazonaws.com.cn")
}

// endpointOf takes a valid URL of a store apart.
func endpointOf(endpoint string) (host string, port int32, secure bool) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return "", 0, false // another error says so
	}
	secure, port = u.Scheme == "https", portPlain
	if secure {
		port = portHTTPS
	}
	if n, err := strconv.ParseInt(u.Port(), 10, 32); err == nil {
		port = int32(n)
	}
	return u.Hostname(), port, secure
}

func externalStoreIdentity(external *v1alpha1.ExternalObjectStore) dataIdentity {
	host, port, secure := endpointOf(external.Endpoint)
	return newIdentity(identityExternal, address(secure, host, port), external.Bucket)
}

// Keys of Secrets with credentials, unless the claim names others.
const (
	defaultAccessKeyID     = "AWS_ACCESS_KEY_ID"
	defaultSecretAccessKey = "AWS_SECRET_ACCESS_KEY"
)

// externalKeys are those of a Secret that the tenant wrote.
func (w World) externalKeys(ref *v1alpha1.CredentialsSecretRef) *storeKeys {
	if ref == nil {
		return nil
	}
	k := &storeKeys{
		secret: ref.Name,
		id:     cmp.Or(ref.AccessKeyIDKey, defaultAccessKeyID),
		key:    cmp.Or(ref.SecretAccessKeyKey, defaultSecretAccessKey),
	}
	k.hash = w.macOf([]provided{k.provided()})
	return k
}

func (k *storeKeys) provided() provided {
	return provided{kind: typeSecret.Kind, name: k.secret, keys: []string{k.id, k.key}}
}

// externalStoreProvides lists the Secrets that the tenant has to provide.
func externalStoreProvides(external *v1alpha1.ExternalObjectStore) []provided {
	refs := []*v1alpha1.CredentialsSecretRef{external.CredentialsSecretRef}
	for _, b := range external.FurtherBuckets {
		refs = append(refs, b.CredentialsSecretRef)
	}
	var all []provided
	for _, ref := range refs {
		if keys := (World{}).externalKeys(ref); keys != nil {
			all = merged(all, keys.provided())
		}
	}
	return all
}

// externalStore is a bucket that exists already.
func externalStore(s *Stack) store {
	external := s.Spec.ObjectStore.External
	host, port, secure := endpointOf(external.Endpoint)
	path := external.ForcePathStyle
	st := store{
		identity:     s.proven(externalStoreIdentity(external), s.world.remembered().store),
		host:         host,
		port:         port,
		secure:       secure,
		region:       cmp.Or(external.Region, embeddedRegion),
		bucket:       external.Bucket,
		prefix:       s.prefix(),
		virtualHosts: path == nil && isAWS(external.Endpoint) || path != nil && !*path,
		keys:         s.world.externalKeys(external.CredentialsSecretRef),
		provided:     externalStoreProvides(external),
		fate:         v1alpha1.DeletionRetain,
		at:           specPath.Child("objectStore", "external"),
	}
	for _, b := range external.FurtherBuckets {
		f := furtherBucket{bucket: b.Bucket, region: cmp.Or(b.Region, st.region), keys: st.keys}
		f.host, f.port, f.secure = endpointOf(cmp.Or(b.Endpoint, external.Endpoint))
		if b.CredentialsSecretRef != nil {
			f.keys = s.world.externalKeys(b.CredentialsSecretRef)
		}
		st.further = append(st.further, f)
	}
	return st
}

// externalStoreResources let those pods read the tenant's Secrets that do so through Kubernetes: the
// roles of the install files name the stack's own Secret alone.
func externalStoreResources(s *Stack, _ Observed) []Resource {
	secrets := secretsOf(s.store.provided)
	if secrets == nil {
		return nil
	}
	slices.Sort(secrets)
	return []Resource{
		{Name: resObjectStoreRole, Object: objectStoreRole(s, secrets)},
		// The API server refuses to bind a Role that is not there.
		{Name: resObjectStoreRoleBinding, Object: objectStoreRoleBinding(s), Needs: []string{resObjectStoreRole}},
	}
}

func objectStoreRole(s *Stack, secrets []string) *rbacv1.Role {
	return &rbacv1.Role{TypeMeta: typeRole, ObjectMeta: s.meta(nameObjectStore, nameAPIServer), Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: secrets, Verbs: []string{"get"}},
	}}
}

func objectStoreRoleBinding(s *Stack) *rbacv1.RoleBinding {
	accounts := []string{nameAPIServer, namePipelineRunner}
	if s.hasUI() {
		accounts = append(accounts, nameUI)
	}
	binding := s.roleBinding(nameObjectStore, nameObjectStore, nameAPIServer)
	binding.RoleRef.Kind, binding.Subjects = typeRole.Kind, nil
	for _, account := range accounts {
		binding.Subjects = append(binding.Subjects, rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Name: account, Namespace: s.Namespace})
	}
	return binding
}
