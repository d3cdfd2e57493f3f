//go:build e2e

package e2e

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// What tests leave in a stack's stores to find again.
const (
	artifact = "v2/artifacts/e2e"
	content  = "a model"
)

// login opens a database as the stack's own user.
func (s *stack) login(ctx context.Context, database string) error {
	db, err := s.open(ctx, database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// logIn opens a database of the shared server with a login that a Secret has, or had.
func logIn(ctx context.Context, login map[string][]byte, database string) error {
	db, err := tenants.Database(plane.Addr("mariadb"), string(login["username"]), string(login["password"]), database)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.PingContext(ctx)
}

// open opens a database as the stack's own user.
func (s *stack) open(ctx context.Context, database string) (*sql.DB, error) {
	o, err := client.Kube.CoreV1().Secrets(s.namespace).Get(ctx, s.status("database", "secretName"), metav1.GetOptions{})
	if err != nil { // the provider makes it anew with a new login
		return nil, err
	}
	addr := plane.Addr("mariadb")
	if s.status("database", "type") == embedded {
		if addr, err = client.Forward(ctx, s.namespace, databasePod, databasePort); err != nil {
			return nil, err
		}
	}
	return tenants.Database(addr, string(o.Data["username"]), string(o.Data["password"]), database)
}

// write leaves a row and an object, with the stack's own login and keys.
func (s *stack) write(ctx context.Context) error {
	db, err := s.open(ctx, s.status("database", "name"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	for _, q := range []string{"CREATE TABLE IF NOT EXISTS runs (name VARCHAR(64) PRIMARY KEY)", "REPLACE INTO runs VALUES ('" + content + "')"} {
		if _, err := db.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	key, bucket := artifact, s.status("objectStore", "bucket")
	b, err := s.bucket(ctx)
	if err != nil {
		return err
	}
	_, err = b.PutObject(ctx, &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(content)})
	return err
}

// wrote complains unless what write left can be read, with the stack's own login and keys.
func (s *stack) wrote(ctx context.Context) error {
	db, err := s.open(ctx, s.status("database", "name"))
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	var row string
	if err := db.QueryRowContext(ctx, "SELECT name FROM runs").Scan(&row); err != nil {
		return err
	}
	key, bucket := artifact, s.status("objectStore", "bucket")
	store, err := s.bucket(ctx)
	if err != nil {
		return err
	}
	o, err := store.GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return err
	}
	defer func() { _ = o.Body.Close() }()
	b, err := io.ReadAll(o.Body)
	if err == nil && (row != content || string(b) != content) {
		err = fmt.Errorf("the row is %q and the object %q, want %q", row, b, content)
	}
	return err
}

// bucket opens the object store with the stack's own keys.
func (s *stack) bucket(ctx context.Context) (*s3.Client, error) {
	d := s.secret(s.status("objectStore", "secretName"))
	id, key := string(d["accesskey"]), string(d["secretkey"])
	if id == "" || key == "" {
		return nil, fmt.Errorf("keys are missing in the Secret of %s", s.namespace)
	}
	addr, region := plane.Addr("s3"), s.status("objectStore", "region")
	if s.status("objectStore", "type") == embedded {
		var err error
		if addr, err = client.Forward(ctx, s.namespace, storePod, storePort); err != nil {
			return nil, err
		}
	}
	return tenants.ObjectStore(addr, region, id, key), nil
}

// admin is the platform's login to the database server.
func admin(t *testing.T) *sql.DB {
	t.Helper()
	db, err := tenants.Database(plane.Addr("mariadb"), cluster.AdminUser, plane.Secrets["mariadb-admin"], "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// owner opens the object store as the platform.
func owner() *s3.Client {
	return tenants.ObjectStore(plane.Addr("s3"), cluster.Region, cluster.AdminUser, plane.Secrets["s3-admin"])
}

// count runs a query for one number as the platform.
func count(t *testing.T, query string, args ...any) int {
	t.Helper()
	var n int
	if err := admin(t).QueryRowContext(t.Context(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// remains tells which parts of a stack's stores are left on the servers. Names are those of its
// status.
type remains struct{ database, login, bucket, keys bool }

// belongings are what is needed to look for a stack's remains after it is gone.
type belongings struct {
	database, user, bucket string
	keys                   *s3.Client
}

func (s *stack) belongings() belongings {
	s.t.Helper()
	keys, err := s.bucket(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return belongings{
		database: s.status("database", "name"), user: string(s.secret(s.status("database", "secretName"))["username"]),
		bucket: s.status("objectStore", "bucket"), keys: keys,
	}
}

func (b belongings) remains(t *testing.T) remains {
	t.Helper()
	_, bucketErr := owner().HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: &b.bucket})
	_, keysErr := b.keys.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	return remains{
		database: count(t, "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", b.database) > 0,
		login:    count(t, "SELECT COUNT(*) FROM mysql.user WHERE User = ?", b.user) > 0,
		bucket:   bucketErr == nil,
		keys:     !code(keysErr, "InvalidAccessKeyId"),
	}
}

// code tells whether err is one of S3's, by its code.
func code(err error, want string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && e.ErrorCode() == want
}

func denied(err error) bool { return code(err, "AccessDenied") }
