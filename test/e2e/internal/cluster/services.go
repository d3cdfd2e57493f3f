package cluster

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/needs"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/proc"
)

// mariadbUser is the account of Debian's package, used when the whole thing is run by root, as whom
// MariaDB will not run.
const mariadbUser = "mysql"

// AdminUser is the platform's user in the shared database server and in the object store's account.
const AdminUser = "platform"

// adminSQL makes the platform's user at every start. Its rights are those of the master user of an
// RDS instance: much, but no SUPER, so that what works here works there.
const adminSQL = `CREATE OR REPLACE USER '%[1]s'@'%%' IDENTIFIED BY '%[2]s';
GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, RELOAD, PROCESS, REFERENCES, INDEX, ALTER, SHOW DATABASES, CREATE TEMPORARY TABLES, LOCK TABLES, EXECUTE, REPLICATION SLAVE, REPLICATION CLIENT, CREATE VIEW, SHOW VIEW, CREATE ROUTINE, ALTER ROUTINE, CREATE USER, EVENT, TRIGGER ON *.* TO '%[1]s'@'%%' WITH GRANT OPTION;
`

func (c *Cluster) startMariaDB(ctx context.Context) error {
	server, err := needs.Find(needs.MariaDB)
	if err != nil {
		return err
	}
	account := ""
	if proc.IsRoot() {
		account = mariadbUser
	}
	dir := c.Path("mariadb")
	if err := c.initMariaDB(ctx, dir, account); err != nil {
		return err
	}
	err = c.Start("mariadb", proc.Process{User: account, Args: []string{
		server,
		"--no-defaults",
		"--datadir=" + filepath.Join(dir, "data"),
		"--init-file=" + filepath.Join(dir, "admin.sql"),
		"--bind-address=127.0.0.1",
		"--port=" + c.port("mariadb"),
		"--socket=socket",
		"--pid-file=" + filepath.Join(dir, "pid"),
		"--skip-name-resolve",
		"--skip-log-bin",
		"--performance-schema=OFF",
		"--innodb-flush-log-at-trx-commit=0",
		"--innodb-buffer-pool-size=64M",
		"--max-connections=500",
	}})
	if err != nil {
		return err
	}
	return c.wait(ctx, c.listens("mariadb"))
}

// initMariaDB makes the data folder on the first start.
func (c *Cluster) initMariaDB(ctx context.Context, dir, account string) error {
	if _, err := os.Stat(filepath.Join(dir, "admin.sql")); err == nil {
		return nil
	}
	install, err := needs.Find(needs.MariaDBInstall)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	args := []string{"--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", "--datadir=" + filepath.Join(dir, "data")}
	if account != "" {
		args = append(args, "--user="+account)
	}
	if b, err := exec.CommandContext(ctx, install, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("mariadb-install-db: %w\n%s", err, b)
	}
	sql := filepath.Join(dir, "admin.sql")
	if err := os.WriteFile(sql, fmt.Appendf(nil, adminSQL, AdminUser, c.Secrets["mariadb-admin"]), 0o600); err != nil {
		return err
	}
	if account == "" {
		return nil
	}
	uid, gid, err := proc.IDs(account)
	if err != nil {
		return err
	}
	return errors.Join(os.Chown(dir, uid, gid), os.Chown(sql, uid, gid))
}

// s3Env is shared by the two halves of the object store.
func (c *Cluster) s3Env(dir string) []string {
	return []string{
		"E2E_ROOT_ACCESS=" + AdminUser, "E2E_ROOT_SECRET=" + c.Secrets["s3-admin"], "E2E_REGION=" + Region,
		"E2E_IAM_LISTEN=" + c.Addr("iam"), "E2E_IAM_PRIVATE=" + c.Addr("iam-private"), "E2E_S3_LISTEN=" + c.Addr("s3"),
		"E2E_TLS_DIR=" + c.Path("pki", "iam"), "E2E_DIR=" + c.Path(dir),
	}
}

func (c *Cluster) startIAM(ctx context.Context) error {
	if err := c.Start("iam", proc.Process{Args: []string{c.Bin("s3"), "iam"}, Env: c.s3Env("iam")}); err != nil {
		return err
	}
	return errors.Join(c.wait(ctx, c.listens("iam")), c.wait(ctx, c.listens("iam-private")))
}

func (c *Cluster) startS3(ctx context.Context) error {
	if err := c.Start("s3", proc.Process{Args: []string{c.Bin("s3"), "gateway"}, Env: c.s3Env("s3")}); err != nil {
		return err
	}
	return c.wait(ctx, c.listens("s3"))
}

func (c *Cluster) startRegistry(ctx context.Context) error {
	p, err := c.self("serve-registry", c.Addr("registry"))
	if err != nil {
		return err
	}
	if err := c.Start("registry", p); err != nil {
		return err
	}
	return c.wait(ctx, c.listens("registry"))
}

func (c *Cluster) startFunction(ctx context.Context) error {
	err := c.Start("function", proc.Process{
		Args: []string{c.Bin("function"), "--address=" + c.Addr("function"), "--metrics-address=" + c.Addr("function-metrics")},
		Env:  []string{"TLS_SERVER_CERTS_DIR=" + c.Path("pki", "function")},
	})
	if err != nil {
		return err
	}
	return c.wait(ctx, c.listens("function"))
}

func (c *Cluster) startRuntime(context.Context) error {
	p, err := c.self(
		"play-function-runtime",
		function+"=dns:///"+c.Addr("function"),
		patchAndTransform+"=dns:///"+c.Addr(patchAndTransform),
	)
	if err != nil {
		return err
	}
	return c.Start("function-runtime", p)
}

// listens dials a named port.
func (c *Cluster) listens(port string) func(context.Context) error {
	return func(ctx context.Context) error {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "tcp", c.Addr(port))
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

func (c *Cluster) port(name string) string { return strconv.Itoa(c.Ports[name]) }
