package stack

import (
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/pipelinestack/function-pipelinestack/apis/v1alpha1"
	"github.com/pipelinestack/function-pipelinestack/fn/kube"
)

// testCertificate is one for names; equal words make equal ones.
func testCertificate(t *testing.T, word string, names ...string) Certificate {
	t.Helper()
	seed := func(of string) ed25519.PrivateKey {
		return ed25519.NewKeyFromSeed([]byte((of + word + "................................")[:32]))
	}
	authorityKey, key := seed("authority"), seed("server")
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Unix(1<<32, 0)}
	server := &x509.Certificate{SerialNumber: big.NewInt(2), DNSNames: names, NotAfter: time.Unix(1<<32, 0)}
	encode := func(kind string, der []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	sign := func(c *x509.Certificate, key ed25519.PrivateKey) []byte {
		der, err := x509.CreateCertificate(nil, c, authority, key.Public(), authorityKey)
		return encode("CERTIFICATE", der, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return Certificate{sign(authority, authorityKey), sign(server, key), encode("PRIVATE KEY", der, err)}
}

var demoNames = []string{
	"ds-pipeline-demo.team-a.svc.cluster.local", "ds-pipeline-demo.team-a.svc", "ds-pipeline-demo.team-a", "ds-pipeline-demo", "localhost",
}

// A certificate that nobody provides is made once, for the names of the Service, and made again only
// if it is of no use: a new one has an authority that no client knows.
func TestCertificatesAreKept(t *testing.T) {
	kept, made, other := testCertificate(
		t,
		"kept",
		demoNames...), testCertificate(
		t,
		"made",
		demoNames...), testCertificate(
		t,
		"other",
		demoNames...)
	cases := map[string]struct {
		reason     string
		owner      string
		observed   Certificate // none if it is empty
		unobserved bool        // Crossplane answers with it
		class      string
		want       Certificate
	}{
		"New":        {reason: "nothing is there", want: made},
		"Kept":       {reason: "the stack's own", owner: "u", observed: kept, want: kept},
		"Unseen":     {reason: "Crossplane lost sight of it", owner: "u", observed: kept, unobserved: true, want: kept},
		"Foreign":    {reason: "somebody else's is not taken", owner: "other", observed: kept, unobserved: true, want: made},
		"Emptied":    {reason: "somebody emptied it", owner: "u", observed: Certificate{kept.Authority, kept.Chain, nil}, want: made},
		"Garbage":    {reason: "somebody edited it", owner: "u", observed: Certificate{kept.Authority, []byte("x"), kept.Key}, want: made},
		"OtherKey":   {reason: "the proxy would not start", owner: "u", observed: Certificate{kept.Authority, kept.Chain, other.Key}, want: made},
		"OtherCA":    {reason: "no client would trust it", owner: "u", observed: Certificate{other.Authority, kept.Chain, kept.Key}, want: made},
		"NoCA":       {reason: "no client could", owner: "u", observed: Certificate{[]byte("x"), kept.Chain, kept.Key}, want: made},
		"OtherNames": {reason: "another stack's", owner: "u", observed: testCertificate(t, "kept", "elsewhere"), want: made},
		"Renamed":    {reason: "the cluster's domain is another", owner: "u", observed: kept, class: `clusterDomain: other.local`, want: made},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, classes(t, tc.class), func(g *given) {
				g.world.UID, g.world.Observed = "u", Observed{}
				g.world.Certify = func(names []string) Certificate {
					if want := demoNames; tc.class == "" && !slices.Equal(names, want) {
						t.Errorf("it is made for %v, want %v", names, want)
					}
					return made
				}
				if tc.owner == "" {
					return
				}
				secret := ofSecret(t, tc.owner, map[string]string{
					keyAuthority: string(tc.observed.Authority), "tls.crt": string(tc.observed.Chain), "tls.key": string(tc.observed.Key),
				})
				if tc.unobserved {
					g.world.Required = map[string][]kube.Observed{askObject(resServingCertificate): {secret}}
				} else {
					g.world.Observed[resServingCertificate] = secret
				}
			})
			rs := certificateResources(s)
			secret, authority := all[*corev1.Secret](rs)[0], all[*corev1.ConfigMap](rs)[0]
			got := Certificate{secret.Data[keyAuthority], secret.Data["tls.crt"], secret.Data["tls.key"]}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s: -want, +got\n%s", tc.reason, diff)
			}
			if authority.Data[keyAuthority] != string(tc.want.Authority) {
				t.Errorf("%s: clients are told of %s", tc.reason, authority.Data)
			}
		})
	}
}

// Who brings a certificate has no other made.
func TestWhoSignsTheCertificate(t *testing.T) {
	cases := map[string]struct {
		reason string
		mods   []mod
		made   bool
		want   *v1alpha1.LocalConfigMapKey
	}{
		"Made":  {"by the function", nil, true, &v1alpha1.LocalConfigMapKey{Name: "ml-pipeline-auth-proxy-ca", Key: "ca.crt"}},
		"Given": {"by whom only the giver knows", []mod{claims(t, `tls: {type: Secret, secretName: mine}`)}, false, nil},
		"OpenShift": {
			"by the service CA",
			[]mod{claims(t, `tls: {type: ServiceCA}`)},
			false,
			&v1alpha1.LocalConfigMapKey{Name: "openshift-service-ca.crt", Key: "service-ca.crt"},
		},
		"Unguarded": {"there is none", []mod{unguarded}, false, nil},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newStack(t, tc.mods...)
			if diff := cmp.Diff(tc.want, s.status().Components.APIServer.CABundle); diff != "" {
				t.Errorf("%s: status: -want, +got\n%s", tc.reason, diff)
			}
			if made := len(certificateResources(s)) > 0; made != tc.made {
				t.Errorf("%s: a certificate is made: %t", tc.reason, made)
			}
		})
	}
}
