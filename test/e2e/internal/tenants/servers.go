package tenants

import (
	"context"
	"database/sql"
	"fmt"
	"io"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	driver "github.com/go-sql-driver/mysql"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/cluster"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/state"
)

// Database opens a database server as somebody.
func Database(addr, user, password, database string) (*sql.DB, error) {
	cfg := driver.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.DBName = user, password, "tcp", addr, database
	return sql.Open("mysql", cfg.FormatDSN())
}

// ObjectStore opens an object store with somebody's keys.
func ObjectStore(addr, region, id, key string) *s3.Client {
	url := "http://" + addr
	return s3.New(
		s3.Options{
			BaseEndpoint: &url,
			Region:       region,
			UsePathStyle: true,
			Credentials:  credentials.NewStaticCredentialsProvider(id, key, ""),
		},
	)
}

// Servers lists the databases and the buckets.
func Servers(ctx context.Context, out io.Writer, s *state.State) error {
	db, err := Database(s.Addr("mariadb"), cluster.AdminUser, s.Secrets["mariadb-admin"], "")
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	rows, err := db.QueryContext(
		ctx,
		"SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')",
	)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	_, _ = fmt.Fprintf(out, "\ndatabases at %s\n", s.Addr("mariadb"))
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return err
		}
		_, _ = fmt.Fprintln(out, " ", name)
	}
	if err := rows.Err(); err != nil {
		return err
	}
	l, err := ObjectStore(s.Addr("s3"), cluster.Region, cluster.AdminUser, s.Secrets["s3-admin"]).ListBuckets(ctx, &s3.ListBucketsInput{})
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "buckets at http://%s\n", s.Addr("s3"))
	for _, b := range l.Buckets {
		_, _ = fmt.Fprintln(out, " ", *b.Name)
	}
	return nil
}
