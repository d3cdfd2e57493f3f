//go:build e2e

package e2e

// Longer than others: one table of what docs/security.md says that tenants cannot do.

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	driver "github.com/go-sql-driver/mysql"
	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/apply"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/kubelet"
	"github.com/pipelinestack/function-pipelinestack/test/e2e/internal/tenants"
)

// What the install files' policies answer, and RBAC.
const (
	byMachinery = "is the platform's: leave spec."
	byAccount   = "run as the service account"
	bySecret    = "the stack's own Secrets"
	byLabel     = "do not wear the labels"
	byNode      = "stay off the node"
	byPrivilege = "are not privileged"
	byManaged   = "only Crossplane makes and changes managed resources"
	bySource    = "has its credentials from a Secret"
	byRBAC      = "cannot create resource"
	byNoBind    = "is attempting to grant RBAC permissions not currently held"
)

// write is what somebody asks the API server for, without a trace: every request is a dry run, and
// admission is asked all the same.
type write struct {
	how    string // create, update, merge (as kubectl apply and edit do), apply (server-side)
	object string // YAML
}

var dry = []string{metav1.DryRunAll}

// by has somebody do it in a namespace, unless the object names another.
func (w write) by(ctx context.Context, as *apply.Client, namespace string) error {
	u := &unstructured.Unstructured{}
	if err := yaml.Unmarshal([]byte(w.object), &u.Object); err != nil {
		return err
	}
	if n := u.GetNamespace(); n != "" {
		namespace = n
	}
	r, err := as.Resource(u.GroupVersionKind(), namespace)
	if err != nil {
		return err
	}
	switch w.how {
	case "create":
		_, err = r.Create(ctx, u, metav1.CreateOptions{DryRun: dry})
	case "update":
		now, err := r.Get(ctx, u.GetName(), metav1.GetOptions{})
		if err != nil {
			return err
		}
		merge(now.Object, u.Object)
		_, err = r.Update(ctx, now, metav1.UpdateOptions{DryRun: dry})
		return err
	case "merge":
		patch, err := u.MarshalJSON()
		if err != nil {
			return err
		}
		_, err = r.Patch(ctx, u.GetName(), types.MergePatchType, patch, metav1.PatchOptions{DryRun: dry})
		return err
	case "apply":
		_, err = r.Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: "kubectl", Force: true, DryRun: dry})
	default:
		err = fmt.Errorf("nobody can %s", w.how)
	}
	return err
}

func merge(into, from map[string]any) {
	for k, v := range from {
		below, ok := v.(map[string]any)
		if is, same := into[k].(map[string]any); ok && same {
			merge(is, below)
		} else {
			into[k] = v
		}
	}
}

// complaint tells that a request was not answered as it should be; want is a part of the refusal.
func complaint(reason, want string, err error) error {
	switch {
	case want == "" && err != nil:
		return fmt.Errorf("%s: %w, want it admitted", reason, err)
	case want != "" && (!kerrors.IsForbidden(err) && !kerrors.IsInvalid(err) || !strings.Contains(err.Error(), want)):
		got := "admitted"
		if err != nil {
			got = err.Error()
		}
		return fmt.Errorf("%s: %s, want it refused since %q", reason, got, want)
	}
	return nil
}

// member makes a user who has a ClusterRole in a namespace.
func member(t *testing.T, namespace, role string) *apply.Client {
	t.Helper()
	user := role + "-of-" + namespace
	b := &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: user},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
		Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: user}},
	}
	if _, err := client.Kube.RbacV1().RoleBindings(namespace).Create(t.Context(), b, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	as := impersonateUser(t, user)
	eventually(t, "the authorizer knows "+user, func(ctx context.Context) error {
		_, err := as.List(ctx, tenants.APIVersion, tenants.Kind, namespace, "")
		return err
	})
	return as
}

// stackWith is a stack of a name with a spec.
func stackWith(name, spec string) string {
	return `{apiVersion: ` + tenants.APIVersion + `, kind: ` + tenants.Kind + `, metadata: {name: ` + name + `}, spec: ` + spec + `}`
}

// TestTenantsAttack has a user with no more than the ClusterRole edit, and one with admin, try what
// a stack is kept from, in the namespace of a stack and in one that has none yet.
func TestTenantsAttack(t *testing.T) {
	t.Parallel()
	s, empty := newStack(t, "{}"), newNamespace(t)
	// Pod Security would be first to refuse, where it is enforced.
	label(t, s.namespace, map[string]string{"pod-security.kubernetes.io/enforce": "privileged"})
	editor, admin, newcomer := member(t, s.namespace, "edit"), member(t, s.namespace, "admin"), member(t, empty, "edit")
	type attempt struct {
		reason    string
		as        *apply.Client
		namespace string
		write
		want string
	}
	var attempts []attempt
	try := func(as *apply.Client, reason, how, object, want string) {
		namespace := s.namespace
		if as == newcomer {
			namespace = empty
		}
		attempts = append(attempts, attempt{reason, as, namespace, write{how, object}, want})
	}

	// The claim.
	machinery := []string{
		`compositionRef: {name: mine}`, `compositionSelector: {matchLabels: {a: b}}`, `compositionRevisionRef: {name: mine}`,
		`compositionRevisionSelector: {matchLabels: {a: b}}`, `compositionUpdatePolicy: Manual`,
	}
	block, defaulted := "%s", `{compositeDeletePolicy: Foreground}`
	if namespaced {
		block, defaulted = "crossplane: {%s}", `{crossplane: {compositionUpdatePolicy: Automatic}}`
		machinery = append(machinery, `resourceRefs: [{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, name: theirs}]`)
	} else {
		machinery = append(machinery, `compositeDeletePolicy: Background`,
			`resourceRef: {apiVersion: `+tenants.APIVersion+`, kind: XPipelineStack, name: theirs}`, `writeConnectionSecretToRef: {name: theirs}`)
	}
	for _, m := range machinery {
		field, spec := strings.Split(m, ":")[0], `{`+fmt.Sprintf(block, m)+`}`
		for _, how := range []string{"create", "apply"} {
			try(newcomer, how+" a stack with "+field, how, stackWith("demo", spec), byMachinery)
		}
		for _, how := range []string{"update", "merge", "apply"} {
			try(editor, how+" "+field+" of a stack", how, stackWith(s.name, spec), byMachinery)
		}
	}
	for _, how := range []string{"create", "apply"} {
		try(newcomer, how+" an ordinary stack", how, stackWith("demo", `{size: Small}`), "")
		try(newcomer, how+" what is the default", how, stackWith("demo", defaulted), "")
	}
	for _, how := range []string{"update", "merge", "apply"} {
		try(editor, how+" a stack's size", how, stackWith(s.name, `{size: Large}`), "")
		try(editor, how+" what is the default", how, stackWith(s.name, defaulted), "")
	}
	try(newcomer, "10,000 tolerations", "create",
		stackWith("demo", `{scheduling: {tolerations: [`+strings.Repeat("{operator: Exists}, ", 10_000)+`]}}`), "must have at most 16 items")
	try(newcomer, "a variable of 1 MB", "create",
		stackWith("demo", `{apiServer: {env: [{name: A, value: "`+strings.Repeat("x", 1<<20)+`"}]}}`), "Too long")
	try(newcomer, "an amount that nobody can compare", "create",
		stackWith("demo", `{apiServer: {resources: {limits: {cpu: "1e2000000000"}}}}`), "spec.apiServer.resources.limits.cpu")

	// Rights.
	bind := func(kind, namespace, role string) string {
		return `{apiVersion: rbac.authorization.k8s.io/v1, kind: ` + kind + `, metadata: {name: mine` + namespace + `}, ` +
			`roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ` + role + `}, ` +
			`subjects: [{kind: User, name: me, apiGroup: rbac.authorization.k8s.io}]}`
	}
	roles, err := client.Kube.RbacV1().ClusterRoles().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	bound := 0
	for _, r := range roles.Items {
		if !strings.HasPrefix(r.Name, "pipelinestack-") && r.Name != "system:auth-delegator" && r.Name != "cluster-admin" &&
			r.Name != "pipelinestack:aggregate-to-crossplane" && r.Name != "pipelinestack:aggregate-to-crossplane-admin" {
			continue
		}
		bound++
		try(editor, "an editor binds "+r.Name, "create", bind("RoleBinding", "", r.Name), byRBAC)
		try(editor, "an editor binds "+r.Name+" in the cluster", "create", bind("ClusterRoleBinding", "", r.Name), byRBAC)
		if r.Name == "pipelinestack-workflow-controller" || strings.HasPrefix(r.Name, "pipelinestack:") ||
			!strings.HasPrefix(r.Name, "pipelinestack") {
			try(admin, "an admin binds "+r.Name+" beyond their own rights", "create", bind("RoleBinding", "", r.Name), byNoBind)
		}
		try(admin, "an admin binds "+r.Name+" in the cluster", "create", bind("ClusterRoleBinding", "", r.Name), byRBAC)
	}
	if bound < 8 {
		t.Errorf("only %d ClusterRoles are tried", bound)
	}
	try(admin, "an admin escalates", "create", `{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: mine}, rules: [`+
		`{apiGroups: [pipelines.opendatahub.io], resources: [pipelinestacks/composition], verbs: [update]}]}`, byNoBind)
	try(editor, "reads classes through a class of their own", "create",
		`{apiVersion: `+tenants.APIVersion+`, kind: `+classKind+`, metadata: {name: mine}, spec: {}}`, byRBAC)

	// The platform's accounts.
	if namespaced {
		holder := s.tenantWith(t, "mysql.sql.m.crossplane.io", "kubernetes.m.crossplane.io")
		for _, name := range []string{"pipelinestack"} {
			ref := `providerConfigRef: {kind: ClusterProviderConfig, name: ` + name + `}`
			try(holder, "a user of the shared server", "create",
				`{apiVersion: mysql.sql.m.crossplane.io/v1alpha1, kind: User, metadata: {name: mine}, spec: {forProvider: {}, `+ref+`}}`, byManaged)
			try(holder, "the rights on a neighbour's database", "create", `{apiVersion: mysql.sql.m.crossplane.io/v1alpha1, kind: Grant, `+
				`metadata: {name: mine}, spec: {forProvider: {privileges: [ALL], user: a, database: b}, `+ref+`}}`, byManaged)
			try(holder, "an Object", "create", `{apiVersion: kubernetes.m.crossplane.io/v1alpha1, kind: Object, metadata: {name: mine}, `+
				`spec: {forProvider: {manifest: {apiVersion: v1, kind: Secret, metadata: {name: a, namespace: kube-system}}}, `+ref+`}}`, onlyCrossplane)
		}
		try(holder, "the provider's own account", "create", `{apiVersion: kubernetes.m.crossplane.io/v1alpha1, kind: ProviderConfig, `+
			`metadata: {name: mine}, spec: {credentials: {source: InjectedIdentity}}}`, bySource)
		try(holder, "through a Secret of their own", "create", `{apiVersion: mysql.sql.m.crossplane.io/v1alpha1, kind: ProviderConfig, `+
			`metadata: {name: mine}, spec: {credentials: {source: MySQLConnectionSecret, connectionSecretRef: {name: mine}}}}`, "")
	} else {
		try(admin, "a user of the shared server", "create", `{apiVersion: mysql.sql.crossplane.io/v1alpha1, kind: User, metadata: {name: mine}, `+
			`spec: {forProvider: {}, providerConfigRef: {name: pipelinestack}}}`, byRBAC)
	}

	// Pods of workflows, from one that Argo's controller made.
	pod := documents(t, filepath.Join(plane.Root, "internal", "check", "testdata", "pods", "2.17.0", "train.root.fit.executor.yaml"))[0]
	podWith := func(change string) string {
		u := pod.DeepCopy()
		more := map[string]any{}
		if err := yaml.Unmarshal([]byte(change), &more); err != nil {
			t.Fatal(err)
		}
		for _, f := range []string{"ownerReferences", "uid", "resourceVersion", "creationTimestamp", "namespace"} {
			unstructured.RemoveNestedField(u.Object, "metadata", f)
		}
		delete(u.Object, "status")
		if c, ok := more["container"].(map[string]any); ok { // the first container's
			delete(more, "container")
			containers, _, _ := unstructured.NestedSlice(u.Object, "spec", "containers")
			merge(containers[0].(map[string]any), c)
			_ = unstructured.SetNestedSlice(u.Object, containers, "spec", "containers")
		}
		if v, ok := more["volume"]; ok { // one more
			delete(more, "volume")
			volumes, _, _ := unstructured.NestedSlice(u.Object, "spec", "volumes")
			_ = unstructured.SetNestedSlice(u.Object, append(volumes, v), "spec", "volumes")
		}
		merge(u.Object, more)
		b, err := yaml.Marshal(u.Object)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, p := range []struct{ reason, change, want string }{
		{"a pod as Argo's controller makes it", `{}`, ""},
		{"another account", `{spec: {serviceAccountName: default}}`, byAccount},
		{"the controller's account", `{spec: {serviceAccountName: workflow-controller}}`, byAccount},
		{"the database's login", `{container: {env: [{name: A, valueFrom: {secretKeyRef: {name: ml-pipeline-database, key: password}}}]}}`, bySecret},
		{"all of it", `{container: {envFrom: [{secretRef: {name: ml-pipeline-database}}]}}`, bySecret},
		{"as a volume", `{volume: {name: v, secret: {secretName: ml-pipeline-database}}}`, bySecret},
		{"the API server's label", `{metadata: {labels: {app: ml-pipeline, pipelines.opendatahub.io/stack: demo}}}`, byLabel},
		{"a workbench's label", `{metadata: {labels: {opendatahub.io/workbenches: "true"}}}`, byLabel},
		{"the node's network", `{spec: {hostNetwork: true}}`, byNode},
		{"the node's disk", `{volume: {name: v, hostPath: {path: /}}}`, byNode},
		{"privileges", `{container: {securityContext: {capabilities: {add: [SYS_ADMIN]}}}}`, byPrivilege},
	} {
		try(editor, "a workflow's pod with "+p.reason, "create", podWith(p.change), p.want)
	}

	for _, a := range attempts {
		s.eventually(t, a.reason, func(ctx context.Context) error { // what Crossplane writes meanwhile is a conflict
			err := a.by(ctx, a.as, a.namespace)
			if kerrors.IsConflict(err) {
				return err
			}
			if err := complaint(a.reason, a.want, err); err != nil {
				t.Error(err)
			}
			return nil
		})
	}
}

// TestTenantsAttackTheServers has one tenant's logins try another tenant's data, and the server.
func TestTenantsAttackTheServers(t *testing.T) {
	t.Parallel()
	a, b := newStack(t, "{}"), newStack(t, "{}")
	mine, theirs := a.belongings(), b.belongings()
	a.eventually(t, "A's login opens A's database", func(ctx context.Context) error { return a.login(ctx, mine.database) })
	stolen := a.secret(a.status("database", "secretName"))
	stolen["username"] = []byte(theirs.user)
	var e *driver.MySQLError
	if err := logIn(t.Context(), stolen, theirs.database); !errors.As(err, &e) || e.Number != 1045 {
		t.Errorf("A's password with B's name opens B's database: %v", err)
	}
	db, err := a.open(t.Context(), mine.database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	for _, q := range []string{
		"USE `" + theirs.database + "`",
		"CREATE TABLE `" + theirs.database + "`.mine (a INT)",
		"CREATE DATABASE `" + mine.database + "x`",
		"DROP DATABASE `" + theirs.database + "`",
		"SELECT * FROM mysql.user",
		"CREATE USER mine IDENTIFIED BY 'mine'",
		"ALTER USER '" + theirs.user + "'@'%' IDENTIFIED BY 'mine'",
		"GRANT ALL PRIVILEGES ON *.* TO '" + mine.user + "'@'%'",
		"GRANT SELECT ON `" + mine.database + "`.* TO '" + theirs.user + "'@'%'",
		"SET GLOBAL max_connections = 1",
		"SELECT 1 INTO OUTFILE '/tmp/mine'",
		"KILL 1",
	} {
		if _, err := db.ExecContext(t.Context(), q); !errors.As(err, &e) {
			t.Errorf("A's login does: %s: %v, want it denied", q, err)
		}
	}
	var seen int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name = ?", theirs.database).
		Scan(&seen); err != nil || seen > 0 {
		t.Errorf("A's login sees that B's database is there: %d, %v", seen, err)
	}
}

// TestPipelinesAttack has Argo's own controller run workflows that say what a pipeline's author can
// have KFP write into them. The controller makes none of their pods, and the workflows say why.
func TestPipelinesAttack(t *testing.T) {
	t.Parallel()
	s := &stack{t: t, namespace: newNamespace(t), name: tenants.Name}
	label(t, s.namespace, map[string]string{kubelet.RunPrograms: "true", "pod-security.kubernetes.io/enforce": "privileged"})
	s.apply("{}")
	s.ready()
	attacks := map[string]struct{ reason, spec, template, want string }{
		"account": {"another account", `serviceAccountName: default`, ``, byAccount},
		"secret":  {"the database's login", ``, `volumes: [{name: v, secret: {secretName: ml-pipeline-database}}]`, bySecret},
		"variable": {
			"the object store's keys",
			``,
			`env: [{name: A, valueFrom: {secretKeyRef: {name: ml-pipeline-object-store, key: secretkey}}}]`,
			bySecret,
		},
		"disguise":  {"the API server's labels", ``, `metadata: {labels: {app: ml-pipeline, pipelines.opendatahub.io/stack: demo}}`, byLabel},
		"node":      {"the node, by podSpecPatch", `podSpecPatch: '{"hostPID": true}'`, ``, byNode},
		"privilege": {"privileges", ``, `securityContext: {capabilities: {add: [SYS_ADMIN]}}`, byPrivilege},
	}
	for name, a := range attacks {
		template, container := a.template, "image: busybox, command: [sh]"
		if strings.HasPrefix(template, "env:") || strings.HasPrefix(template, "securityContext:") {
			container, template = container+", "+template, ""
		}
		workflow := strings.Join(strings.Fields(`{apiVersion: argoproj.io/v1alpha1, kind: Workflow, metadata: {name: `+name+`},
			spec: {entrypoint: main, `+join("serviceAccountName: pipeline-runner", a.spec)+`,
			templates: [{name: main, `+join("container: {"+container+"}", template)+`}]}}`), " ")
		if err := client.YAML(t.Context(), s.namespace, []byte(workflow)); err != nil {
			t.Fatalf("%s: %v", a.reason, err)
		}
	}
	for name, a := range attacks {
		s.eventually(t, a.reason+" is refused to Argo's controller", func(ctx context.Context) error {
			u, err := client.Get(ctx, "argoproj.io/v1alpha1", "Workflow", s.namespace, name)
			if err != nil {
				return err
			}
			status, _ := json.Marshal(u.Object["status"])
			if !strings.Contains(string(status), a.want) {
				return fmt.Errorf("workflow %s says %s, want %q", name, status, a.want)
			}
			return nil
		})
	}
	pods, err := client.Kube.CoreV1().Pods(s.namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "workflows.argoproj.io/workflow"})
	if err != nil || len(pods.Items) > 0 {
		t.Errorf("%d pods of workflows were made: %v", len(pods.Items), err)
	}
}

// join settings of YAML; a later one of the same name counts.
func join(first, more string) string {
	if more == "" {
		return first
	}
	if strings.HasPrefix(more, strings.Split(first, ":")[0]+":") {
		return more
	}
	return first + ", " + more
}
