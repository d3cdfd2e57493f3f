package mysql

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/providers/managed"
)

// passwordLength and letters are those of the passwords that the provider generates.
const (
	passwordLength = 27
	letters        = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// limits in the order of their columns in mysql.user.
var limits = []struct{ field, option string }{
	{"maxQueriesPerHour", "MAX_QUERIES_PER_HOUR"}, {"maxUpdatesPerHour", "MAX_UPDATES_PER_HOUR"},
	{"maxConnectionsPerHour", "MAX_CONNECTIONS_PER_HOUR"}, {"maxUserConnections", "MAX_USER_CONNECTIONS"},
}

// user plays kind User. A user that was there before is adopted without a word, and without a
// password.
type user struct{ *server }

func (u user) Observe(ctx context.Context, r managed.Resource) (managed.Observation, error) {
	name, host, _ := account(r.ExternalName())
	var one int
	ok, err := u.row(ctx, "SELECT 1 FROM mysql.user WHERE User = ? AND Host = ?", []any{name, host}, &one)
	if err != nil || !ok {
		return managed.Observation{}, err
	}
	// Any limit counts as out of date, at every look: the provider compares pointers.
	o := managed.Observation{Exists: true, Ready: true, UpToDate: r.Value("resourceOptions") == nil}
	given, err := u.given(ctx, r)
	if err != nil {
		return o, err
	}
	published, err := u.client.Published(ctx, r)
	if err != nil {
		return o, err
	}
	// The server is not asked: a password changed there by hand goes unnoticed.
	if given != "" && published != nil && string(published["password"]) != given {
		o.UpToDate = false
	}
	return o, nil
}

func (u user) Create(ctx context.Context, r managed.Resource) (managed.Details, error) {
	pw, err := u.given(ctx, r)
	if err != nil {
		return nil, err
	}
	if pw == "" {
		if pw, err = generate(); err != nil {
			return nil, err
		}
	}
	name, _, quoted := account(r.ExternalName())
	if err := u.exec(ctx, "CREATE USER "+quoted+" IDENTIFIED BY "+value(pw)+with(r)); err != nil {
		return nil, err
	}
	return u.details(name, pw), nil
}

func (u user) Update(ctx context.Context, r managed.Resource) (managed.Details, error) {
	name, _, quoted := account(r.ExternalName())
	if w := with(r); w != "" {
		if err := u.exec(ctx, "ALTER USER "+quoted+w); err != nil {
			return nil, err
		}
	}
	pw, err := u.given(ctx, r)
	if err != nil || pw == "" {
		return nil, err
	}
	if err := u.exec(ctx, "ALTER USER "+quoted+" IDENTIFIED BY "+value(pw)); err != nil {
		return nil, err
	}
	return u.details(name, pw), nil
}

func (u user) Delete(ctx context.Context, r managed.Resource) error {
	_, _, quoted := account(r.ExternalName())
	return u.exec(ctx, "DROP USER IF EXISTS "+quoted)
}

func (u user) details(name, password string) managed.Details {
	return managed.Details{"username": []byte(name), "password": []byte(password), "endpoint": []byte(u.endpoint), "port": []byte(u.port)}
}

// given is the password of passwordSecretRef, "" without one.
func (u user) given(ctx context.Context, r managed.Resource) (string, error) {
	name := r.Text("passwordSecretRef", "name")
	if name == "" {
		return "", nil
	}
	namespace := r.GetNamespace()
	if namespace == "" {
		namespace = r.Text("passwordSecretRef", "namespace")
	}
	s, err := u.client.Kube.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("cannot get password secret: %w", err)
	}
	return string(s.Data[r.Text("passwordSecretRef", "key")]), nil
}

func with(r managed.Resource) string {
	var out []string
	for _, l := range limits {
		if v := r.Value("resourceOptions", l.field); v != nil {
			out = append(out, fmt.Sprintf("%s %v", l.option, v))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return " WITH " + strings.Join(out, " ")
}

func generate() (string, error) {
	var b strings.Builder
	for range passwordLength {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(letters))))
		if err != nil {
			return "", err
		}
		b.WriteByte(letters[n.Int64()])
	}
	return b.String(), nil
}
