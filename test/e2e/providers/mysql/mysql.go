// Package mysql plays the MySQL kinds of provider-sql 0.16 on a real server: the same statements,
// connection details and references, and the same weaknesses. For tests only.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	driver "github.com/go-sql-driver/mysql"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// Kinds returns the six kinds: Database, User and Grant, cluster-scoped and namespaced.
func Kinds(c *managed.Client) []managed.Kind {
	p := &provider{client: c, servers: map[string]*sql.DB{}}
	var out []managed.Kind
	for _, flavour := range []struct {
		group      string
		namespaced bool
	}{{"mysql.sql.crossplane.io", false}, {"mysql.sql.m.crossplane.io", true}} {
		resource := func(plural string) schema.GroupVersionResource {
			return schema.GroupVersionResource{Group: flavour.group, Version: "v1alpha1", Resource: plural}
		}
		kind := func(plural string, open func(*server) managed.External, refs ...managed.Reference) managed.Kind {
			return managed.Kind{Resource: resource(plural), Namespaced: flavour.namespaced, NameIsExternal: true, References: refs,
				Connect: func(ctx context.Context, r managed.Resource) (managed.External, error) {
					s, err := p.connect(ctx, r)
					if err != nil {
						return nil, err
					}
					return open(s), nil
				}}
		}
		out = append(out,
			kind("databases", func(s *server) managed.External { return database{s} }),
			kind("users", func(s *server) managed.External { return user{s} }),
			kind("grants", func(s *server) managed.External { return grant{s} },
				managed.Reference{Field: "user", To: resource("users")}, managed.Reference{Field: "database", To: resource("databases")}),
		)
	}
	return out
}

type provider struct {
	client *managed.Client

	mu      sync.Mutex
	servers map[string]*sql.DB // by DSN
}

// A server is one database server as its ProviderConfig describes it.
type server struct {
	client         *managed.Client
	db             *sql.DB
	endpoint, port string
}

// connect reads the ProviderConfig and its Secret anew each time, as the provider does.
func (p *provider) connect(ctx context.Context, r managed.Resource) (*server, error) {
	pc, err := p.config(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("cannot get ProviderConfig: %w", err)
	}
	name, _, _ := unstructured.NestedString(pc.Object, "spec", "credentials", "connectionSecretRef", "name")
	namespace, _, _ := unstructured.NestedString(pc.Object, "spec", "credentials", "connectionSecretRef", "namespace")
	if pc.GetNamespace() != "" {
		namespace = pc.GetNamespace()
	}
	secret, err := p.client.Kube.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("cannot get credentials Secret: %w", err)
	}
	value := func(key string) string {
		if mapped, _, _ := unstructured.NestedString(pc.Object, "spec", "credentials", "secretKeyMapping", key); mapped != "" {
			key = mapped
		}
		return string(secret.Data[key])
	}
	tls, _, _ := unstructured.NestedString(pc.Object, "spec", "tls")
	if tls == "" {
		tls = "preferred"
	}
	cfg := driver.NewConfig()
	cfg.User, cfg.Passwd, cfg.Net, cfg.Addr, cfg.TLSConfig = value(
		"username",
	), value(
		"password",
	), "tcp", net.JoinHostPort(
		value("endpoint"),
		value("port"),
	), tls
	if b := r.Value("binlog"); b != nil {
		cfg.Params = map[string]string{"sql_log_bin": map[any]string{true: "ON", false: "OFF"}[b]}
	}
	db, err := p.open(cfg.FormatDSN())
	if err != nil {
		return nil, err
	}
	return &server{client: p.client, db: db, endpoint: value("endpoint"), port: value("port")}, nil
}

func (p *provider) open(dsn string) (*sql.DB, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if db, ok := p.servers[dsn]; ok {
		return db, nil
	}
	db, err := sql.Open("mysql", dsn)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(20)
	p.servers[dsn] = db
	return db, nil
}

// config finds the ProviderConfig. Namespaced kinds may name one of their namespace or, by default,
// a cluster-wide one.
func (p *provider) config(ctx context.Context, r managed.Resource) (*unstructured.Unstructured, error) {
	name, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "name")
	kind, _, _ := unstructured.NestedString(r.Object, "spec", "providerConfigRef", "kind")
	plural := schema.GroupVersionResource{Group: r.GroupVersionKind().Group, Version: "v1alpha1", Resource: "providerconfigs"}
	if r.GetNamespace() != "" && kind == "ProviderConfig" {
		return p.client.Dynamic.Resource(plural).Namespace(r.GetNamespace()).Get(ctx, name, metav1.GetOptions{})
	}
	if r.GetNamespace() != "" {
		plural.Resource = "clusterproviderconfigs"
	}
	return p.client.Dynamic.Resource(plural).Get(ctx, name, metav1.GetOptions{})
}

func (s *server) exec(ctx context.Context, query string) error {
	_, err := s.db.ExecContext(ctx, query)
	return err
}

// row reads one row and tells whether there is one.
func (s *server) row(ctx context.Context, query string, args []any, into ...any) (bool, error) {
	err := s.db.QueryRowContext(ctx, query, args...).Scan(into...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// identifier and value quote for MySQL. Like the provider's, value does not know the backslash.
func identifier(s string) string { return "`" + strings.ReplaceAll(s, "`", "``") + "`" }
func value(s string) string      { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// account splits user or user@host and returns the form for statements, too.
func account(name string) (user, host, quoted string) {
	user, host = name, "%"
	if i := strings.LastIndexByte(name, '@'); i >= 0 {
		user, host = name[:i], name[i+1:]
	}
	return user, host, value(user) + "@" + value(host)
}
