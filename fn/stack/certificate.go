package stack

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
)

// The auth proxy's certificate where nobody brings one. It is made once and kept for ever after, so
// that clients that trust its authority go on trusting it.

// makesCertificate says whether the stack has a certificate that the function made.
func (s *Stack) makesCertificate() bool {
	return s.authProxyEnabled() && s.Spec.TLS.Type == v1alpha1.TLSSelfSigned
}

// servedNames are those under which clients call the auth proxy; the last is that of a port-forward.
func (s *Stack) servedNames() []string {
	service := s.serviceName() + "." + s.Namespace
	return []string{s.host(s.serviceName()), service + ".svc", service, s.serviceName(), "localhost"}
}

// certificate that the auth proxy shows: the one that there is, unless somebody broke it or the
// names are others.
func (s *Stack) certificate() Certificate {
	data := secretData(s.world.own(resServingCertificate), keyAuthority, corev1.TLSCertKey, corev1.TLSPrivateKeyKey)
	is := Certificate{data[keyAuthority], data[corev1.TLSCertKey], data[corev1.TLSPrivateKeyKey]}
	if names := s.servedNames(); s.world.Certify != nil && !is.certifies(names) {
		return s.world.Certify(names)
	}
	return is
}

// certifies says whether clients that trust the authority trust a server with the certificate under
// all of the names. It looks at no clock: certificates are made to last.
func (c Certificate) certifies(names []string) bool {
	pair, err := tls.X509KeyPair(c.Chain, c.Key)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(c.Authority)
	if block == nil {
		return false
	}
	authority, err := x509.ParseCertificate(block.Bytes)
	return err == nil && pair.Leaf.CheckSignatureFrom(authority) == nil &&
		!slices.ContainsFunc(names, func(n string) bool { return pair.Leaf.VerifyHostname(n) != nil })
}

// certificateResources are the certificate for the proxy, and its authority for clients.
func certificateResources(s *Stack) []Resource {
	if !s.makesCertificate() {
		return nil
	}
	c := s.certificate()
	secret := &corev1.Secret{TypeMeta: typeSecret, ObjectMeta: s.meta(secretCertificate, nameAPIServer), Type: corev1.SecretTypeOpaque}
	authority := s.configMap(nameAuthority, nameAPIServer, nil)
	if c.Key != nil {
		secret.Data = map[string][]byte{keyAuthority: c.Authority, corev1.TLSCertKey: c.Chain, corev1.TLSPrivateKeyKey: c.Key}
		authority.Data = map[string]string{keyAuthority: string(c.Authority)}
	}
	return []Resource{{Name: resServingCertificate, Object: secret}, {Name: resServingAuthority, Object: authority}}
}

// authority is where clients find who signed the auth proxy's certificate; nil if only whoever
// brought it knows.
func (s *Stack) authority() *v1alpha1.LocalConfigMapKey {
	switch {
	case s.makesCertificate():
		return &v1alpha1.LocalConfigMapKey{Name: nameAuthority, Key: keyAuthority}
	case s.authProxyEnabled() && s.Spec.TLS.Type == v1alpha1.TLSServiceCA:
		return &v1alpha1.LocalConfigMapKey{Name: "openshift-service-ca.crt", Key: "service-ca.crt"}
	}
	return nil
}
