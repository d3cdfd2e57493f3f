//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

const external = "External"

// TestExternal gives a stack a database and a bucket that somebody else made, with Secrets of the
// tenant's. It waits for them, and what its pods read of them opens both. Its pods follow a new
// password, once, and nothing else about the Secret.
func TestExternal(t *testing.T) {
	t.Parallel()
	class := newClass(t, map[string]any{
		"database":    map[string]any{"allowedTypes": []any{external}},
		"objectStore": map[string]any{"allowedTypes": []any{external}},
	})
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	t.Cleanup(func() { s.allowed(t) })
	name := strings.ReplaceAll(s.namespace, "-", "_")
	const password, another = "thefirstpassword", "thesecondpassword"
	sql := func(format string) {
		t.Helper()
		if _, err := admin(t).ExecContext(t.Context(), fmt.Sprintf(format, name, password, another)); err != nil {
			t.Fatal(err)
		}
	}
	sql("CREATE DATABASE `%[1]s`")
	sql("CREATE USER '%[1]s'@'%%' IDENTIFIED BY '%[2]s'")
	sql("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, REFERENCES ON `%[1]s`.* TO '%[1]s'@'%%'")
	bucket := s.namespace
	if _, err := owner().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}

	spec := fmt.Sprintf(`{className: %s,
  database: {type: External, external: {host: 127.0.0.1, port: %d, name: %[3]s, username: %[3]s, tls: Disabled,
    passwordSecretRef: {name: mysql-login, key: password}}},
  objectStore: {type: External, external: {endpoint: "http://%[4]s", region: %[5]s, bucket: %[6]s, forcePathStyle: true,
    credentialsSecretRef: {name: s3-keys, accessKeyIDKey: id, secretAccessKeyKey: key}}}`,
		class.GetName(), plane.Ports["mariadb"], name, plane.Addr("s3"), cluster.Region, bucket)
	s.apply(spec + "}")
	s.eventually(t, "the stack says what it is not provided with", func(ctx context.Context) error {
		u, err := s.read(ctx)
		if err != nil {
			return err
		}
		for _, c := range []string{"DatabaseReady", "ObjectStoreReady"} {
			if _, is, msg := apply.Condition(u, c); is != "NotProvided" {
				return fmt.Errorf("%s is %q: %s", c, is, msg)
			}
		}
		return nil
	})
	secrets := client.Kube.CoreV1().Secrets(s.namespace)
	for secret, data := range map[string]map[string]string{
		"mysql-login": {"password": password}, "s3-keys": {"id": cluster.AdminUser, "key": plane.Secrets["s3-admin"]},
	} {
		o := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: secret}, StringData: data}
		if _, err := secrets.Create(t.Context(), o, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	s.ready()
	if err := s.logInAs(t, name, "mysql-login"); err != nil {
		t.Errorf("with what its pods read: %v", err)
	}

	keys := s.secret("s3-keys")
	store := tenants.ObjectStore(plane.Addr("s3"), cluster.Region, string(keys["id"]), string(keys["key"]))
	if _, err := store.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &bucket}); err != nil {
		t.Errorf("with what its pods read: %v", err)
	}

	before := s.mustDeployments()
	want := readers(before, "mysql-login")
	if !want[apiServer] || len(want) == len(before) || !readers(before, "s3-keys")[apiServer] {
		t.Fatalf("of %d Deployments %v read the password: the test expects the API server among them, and not all", len(before), want)
	}
	sql("ALTER USER '%[1]s'@'%%' IDENTIFIED BY '%[3]s'")
	change := func(patch string) {
		t.Helper()
		if _, err := secrets.Patch(t.Context(), "mysql-login", types.MergePatchType, []byte(patch), metav1.PatchOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	change(`{"metadata": {"labels": {"team": "a"}}, "stringData": {"comment": "not read"}}`)
	// The web interface comes and goes, so that the function has had its say.
	s.apply(spec + ", ui: {enabled: true}}")
	s.eventually(t, "the stack has a web interface", func(ctx context.Context) error { return s.withDeployment(ctx, webInterface, true) })
	for name, d := range s.mustDeployments() {
		if was, ok := before[name]; ok && d.Annotations[revision] != was.Annotations[revision] {
			t.Errorf("%s follows what nobody reads of the Secret", name)
		}
	}
	change(`{"stringData": {"password": "` + another + `"}}`)
	rolled := func(ctx context.Context) error {
		ds, err := s.deployments(ctx)
		if err != nil {
			return err
		}
		for name, d := range before {
			was, rolled := d.Annotations[revision], "1"
			if want[name] {
				rolled = "2"
			}
			if is := ds[name].Annotations[revision]; was != "1" || is != rolled {
				return fmt.Errorf("%s has revision %s of its pods, want %s; the first one was %s", name, is, rolled, was)
			}
		}
		return s.isReady(ctx)
	}
	s.eventually(t, "the pods that log in are new", rolled)
	s.apply(spec + "}")
	s.eventually(t, "the web interface is gone", func(ctx context.Context) error { return s.withDeployment(ctx, webInterface, false) })
	if err := rolled(t.Context()); err != nil {
		t.Errorf("the pods that log in are new more than once: %v", err)
	}
	if err := s.logInAs(t, name, "mysql-login"); err != nil {
		t.Errorf("with the new password: %v", err)
	}
	s.end()
	if count(t, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", name) != 1 {
		t.Error("the tenant's database went with the stack")
	}
}

// withDeployment is an error unless the stack has a Deployment, if it is to, and is ready.
func (s *stack) withDeployment(ctx context.Context, deployment string, is bool) error {
	ds, err := s.deployments(ctx)
	if err != nil {
		return err
	}
	if _, has := ds[deployment]; has != is {
		return fmt.Errorf("it is %t that there is a Deployment %s", has, deployment)
	}
	return s.isReady(ctx)
}

// logInAs opens a database with a password that a Secret holds.
func (s *stack) logInAs(t *testing.T, user, secret string) error {
	t.Helper()
	return logIn(t.Context(), map[string][]byte{"username": []byte(user), "password": s.secret(secret)["password"]}, user)
}
