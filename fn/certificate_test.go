package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	fnv1 "github.com/crossplane/function-sdk-go/proto/v1"
	"google.golang.org/protobuf/proto"
)

// served is what a response says of the auth proxy's certificate: the pair, and who signed it.
func served(t *testing.T, rsp *fnv1.RunFunctionResponse) (tls.Certificate, string) {
	t.Helper()
	data := fields(rsp.GetDesired().GetResources()["auth-proxy-certificate"].GetResource(), "data")
	pem := func(key string) []byte { return must(base64.StdEncoding.DecodeString(data[key].GetStringValue())) }
	pair, err := tls.X509KeyPair(pem("tls.crt"), pem("tls.key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair, fields(rsp.GetDesired().GetResources()["auth-proxy-ca"].GetResource(), "data")["ca.crt"].GetStringValue()
}

// Whoever has the ConfigMap that the status names checks a server with the certificate, by the
// address that the status says, for years.
func TestTheCertificateCanBeVerified(t *testing.T) {
	f, req := quiet(), createRequest(t)
	f.certify = newCertificate
	rsp := answerTo(f, req)
	pair, authority := served(t, rsp)
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM([]byte(authority)) {
		t.Fatalf("the ConfigMap holds no certificate: %q", authority)
	}
	api := fields(rsp.GetDesired().GetComposite().GetResource(), "status", "components", "apiServer")
	if name := api["caBundle"].GetStructValue().GetFields()["name"].GetStringValue(); name != "ml-pipeline-auth-proxy-ca" {
		t.Errorf("the status names the ConfigMap %q", name)
	}
	host := strings.TrimSuffix(strings.TrimPrefix(api["url"].GetStringValue(), "https://"), ":8443")
	for name, want := range map[string]bool{
		host: true, "localhost": true, strings.TrimSuffix(host, ".cluster.local"): true, "other." + host: false, "example.org": false,
	} {
		for _, at := range []time.Time{time.Now(), time.Now().AddDate(9, 0, 0)} {
			_, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: name, Roots: roots, CurrentTime: at})
			if (err == nil) != want {
				t.Errorf("%s is verified: %v, want %t", name, err, want)
			}
		}
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: time.Now().AddDate(11, 0, 0)}); err == nil {
		t.Error("it lasts for ever")
	}
	if key, _ := pem.Decode([]byte(authority)); strings.Contains(authority, "PRIVATE") || key.Type != "CERTIFICATE" {
		t.Error("the authority's key is in the ConfigMap")
	}

	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
	server.StartTLS()
	defer server.Close()
	client := &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: host, MinVersion: tls.VersionTLS12}},
	}
	answer, err := client.Get(server.URL)
	if err != nil {
		t.Fatalf("a client that trusts the ConfigMap refuses the server: %v", err)
	}
	_ = answer.Body.Close()
}

// Once the Secret is there every call says the same, and none of it is anywhere else.
func TestTheCertificateIsMadeOnce(t *testing.T) {
	f, req := quiet(), createRequest(t)
	f.certify = newCertificate
	first := answerTo(f, req)
	made := proto.CloneOf(first.GetDesired().GetResources()["auth-proxy-certificate"].GetResource())
	req = proto.CloneOf(req)
	req.GetObserved().Resources = map[string]*fnv1.Resource{"auth-proxy-certificate": {Resource: made}}
	second, third := answerTo(f, req), answerTo(f, req)
	if !proto.Equal(second, third) {
		t.Error("two calls for one state differ")
	}
	if !proto.Equal(made.GetFields()["data"], second.GetDesired().GetResources()["auth-proxy-certificate"].GetResource().GetFields()["data"]) {
		t.Error("the certificate is another one at the next call")
	}
	if _, other := served(t, second); other != first.GetDesired().GetResources()["auth-proxy-ca"].GetResource().GetFields()["data"].
		GetStructValue().GetFields()["ca.crt"].GetStringValue() {
		t.Error("clients are told of another authority at the next call")
	}
	key := made.GetFields()["data"].GetStructValue().GetFields()["tls.key"].GetStringValue()
	for name, r := range second.GetDesired().GetResources() {
		if name != "auth-proxy-certificate" && strings.Contains(r.String(), key) {
			t.Errorf("%s holds the key", name)
		}
	}
}
