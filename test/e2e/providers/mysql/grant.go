package mysql

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"

	driver "github.com/go-sql-driver/mysql"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// What SHOW GRANTS prints for one database or table. MariaDB's line for *.* has IDENTIFIED BY
// behind it and is missed.
var grantLine = regexp.MustCompile(`^GRANT (.+) ON (\S+)\.(\S+) TO \S+@\S+?( WITH GRANT OPTION)?$`)

// Error numbers of the server: no such grant for the user, no such user.
const (
	noSuchGrant = 1141
	noSuchUser  = 1133
)

// grant plays kind Grant. Database and table are patterns to the server: an underscore matches any
// character.
type grant struct{ *server }

func (g grant) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	have, err := g.privileges(ctx, r)
	if err != nil || len(have) == 0 {
		return managed.Observation{}, err
	}
	add, remove := diff(want(r), have)
	return managed.Observation{Exists: true, Ready: true, UpToDate: len(add)+len(remove) == 0}, nil
}

func (g grant) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	return nil, g.grant(ctx, r, want(r))
}

func (g grant) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	have, err := g.privileges(ctx, r)
	if err != nil {
		return nil, err
	}
	add, remove := diff(want(r), have)
	if len(remove) > 0 {
		if err := g.revoke(ctx, r, remove); err != nil {
			return nil, err
		}
	}
	if len(add) > 0 {
		return nil, g.grant(ctx, r, add)
	}
	return nil, nil
}

func (g grant) Delete(ctx context.Context, r managed.Resource) error {
	return unlessNoGrant(g.revoke(ctx, r, want(r)))
}

func (g grant) grant(ctx context.Context, r managed.Resource, privileges []string) error {
	_, _, quoted := account(r.Text("user"))
	list, option := split(privileges)
	return g.exec(ctx, "GRANT "+list+" ON "+target(r)+" TO "+quoted+option)
}

// revoke is a syntax error with GRANT OPTION in the list, as in the provider.
func (g grant) revoke(ctx context.Context, r managed.Resource, privileges []string) error {
	_, _, quoted := account(r.Text("user"))
	list, option := split(privileges)
	return g.exec(ctx, "REVOKE "+list+" ON "+target(r)+" FROM "+quoted+option)
}

// privileges are those the user has on exactly this database and table, none if there is no such
// user.
func (g grant) privileges(ctx context.Context, r managed.Resource) ([]string, error) {
	if r.Value("user") == nil {
		panic("runtime error: invalid memory address or nil pointer dereference") // spec.forProvider.user is a nil pointer there
	}
	_, _, quoted := account(r.Text("user"))
	rows, err := g.db.QueryContext(ctx, "SHOW GRANTS FOR "+quoted)
	if err != nil {
		return nil, unlessNoGrant(err)
	}
	defer func() { _ = rows.Close() }()
	var out []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return nil, err
		}
		m := grantLine.FindStringSubmatch(line)
		if m == nil || m[2]+"."+m[3] != target(r) {
			continue
		}
		out = strings.Split(m[1], ", ")
		if m[4] != "" {
			out = append(out, "GRANT OPTION")
		}
	}
	return out, unlessNoGrant(rows.Err()) // the server sends the header first, then the error
}

func unlessNoGrant(err error) error {
	var e *driver.MySQLError
	if errors.As(err, &e) && (e.Number == noSuchGrant || e.Number == noSuchUser) {
		return nil
	}
	return err
}

// target is what the statements say after ON.
func target(r managed.Resource) string {
	part := func(field string) string {
		if v := r.Text(field); v != "" && v != "*" {
			return identifier(v)
		}
		return "*"
	}
	return part("database") + "." + part("table")
}

func want(r managed.Resource) []string {
	p, _, _ := unstructured.NestedStringSlice(r.Object, "spec", "forProvider", "privileges")
	for i, v := range p {
		if v == "ALL" {
			p[i] = "ALL PRIVILEGES"
		}
	}
	return p
}

func split(privileges []string) (list, option string) {
	rest := slices.DeleteFunc(slices.Clone(privileges), func(p string) bool { return p == "GRANT OPTION" })
	if len(rest) < len(privileges) {
		option = " WITH GRANT OPTION"
	}
	return strings.Join(rest, ", "), option
}

func diff(want, have []string) (add, remove []string) {
	for _, w := range want {
		if !slices.Contains(have, w) {
			add = append(add, w)
		}
	}
	for _, h := range have {
		if !slices.Contains(want, h) {
			remove = append(remove, h)
		}
	}
	return add, remove
}
